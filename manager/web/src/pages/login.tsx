// The way in. Shown in place of whatever page was asked for, which appears once the password is right.
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { ApiError, api } from '../api/client.ts';
import { TextField } from '../controls/text-field.tsx';
import { MothMark } from '../shell/moth-mark.tsx';

export function Login() {
  const client = useQueryClient();
  const [user, setUser] = useState('admin');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Log in · Netmoth';
  }, []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    try {
      const session = await api.logIn(user, password);
      // What an earlier session saw is not for the next one.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
      client.setQueryData(['session'], session);
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <main className="centered">
      <div className="login">
        <h1 className="brand">
          <MothMark size={40} /> netmoth
        </h1>
        <form className="panel" onSubmit={(event) => void submit(event)}>
          <TextField
            label="User"
            name="username"
            autoComplete="username"
            required
            value={user}
            onText={setUser}
          />
          <TextField
            label="Password"
            type="password"
            name="password"
            autoComplete="current-password"
            required
            autoFocus
            value={password}
            onText={setPassword}
          />
          {problem !== '' && (
            <p className="note error" role="alert">
              {problem}
            </p>
          )}
          <button type="submit" className="button primary" disabled={busy}>
            {busy ? 'Logging in …' : 'Log in'}
          </button>
        </form>
        <p className="muted">“netmoth up” prints the password the first time it starts.</p>
      </div>
    </main>
  );
}

function problemOf(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong in this page; reload it.';
  switch (error.code) {
    case 'NM_UNAUTHENTICATED':
      return 'User or password is wrong.';
    case 'NM_RATE_LIMITED':
      return 'Too many attempts. Wait a minute, then try again.';
    default:
      return error.message;
  }
}
