// Changes the password. The manager ends the other sessions of this user.
import { type FormEvent, useState } from 'react';
import { ApiError, api } from '../../api/client.ts';
import { PASSWORD_MIN_LENGTH } from '../../api/contract.ts';
import { TextField } from '../../controls/text-field.tsx';

type Outcome =
  | { readonly kind: 'none' | 'busy' | 'done' }
  | { readonly kind: 'failed'; readonly why: string };

export function PasswordForm() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'none' });

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setOutcome({ kind: 'busy' });
    try {
      await api.changePassword({ current, next });
      setCurrent('');
      setNext('');
      setOutcome({ kind: 'done' });
    } catch (error) {
      const wrong =
        error instanceof ApiError && ['NM_FORBIDDEN', 'NM_UNAUTHENTICATED'].includes(error.code);
      const message = error instanceof Error ? error.message : String(error);
      setOutcome({ kind: 'failed', why: wrong ? 'The current password is wrong.' : message });
    }
  };
  return (
    <section className="panel setting" aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      <form onSubmit={(event) => void submit(event)}>
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onText={setCurrent}
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          required
          minLength={PASSWORD_MIN_LENGTH}
          value={next}
          onText={setNext}
          hint={`At least ${PASSWORD_MIN_LENGTH} characters.`}
        />
        {outcome.kind === 'failed' && (
          <p className="note error" role="alert">
            {outcome.why}
          </p>
        )}
        {outcome.kind === 'done' && (
          <p className="note ok" role="status">
            Password changed.
          </p>
        )}
        <div>
          <button type="submit" className="button" disabled={outcome.kind === 'busy'}>
            Change password
          </button>
        </div>
      </form>
    </section>
  );
}
