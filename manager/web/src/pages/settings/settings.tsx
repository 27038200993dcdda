// The account: session, password, API tokens.
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { useHealth, useSession } from '../../api/queries.ts';
import { Badge } from '../../controls/badge.tsx';
import { formatAgo, formatUtc } from '../../format/time.ts';
import { PageHead } from '../../shell/page-head.tsx';
import { PasswordForm } from './password-form.tsx';
import './settings.css';
import { Tokens } from './tokens.tsx';

export default function Settings() {
  return (
    <div className="page settings">
      <PageHead title="Settings" timed={false} />
      <SessionPanel />
      <PasswordForm />
      <Tokens />
      <PartsPanel />
    </div>
  );
}

function SessionPanel() {
  const session = useSession();
  const client = useQueryClient();
  const logOut = async () => {
    await api.logOut();
    client.clear();
    location.assign('/');
  };
  if (session.data === undefined) return null;
  return (
    <section className="panel setting" aria-labelledby="session-title">
      <h2 id="session-title">Session</h2>
      <p>
        Logged in as <strong>{session.data.user}</strong>. The session ends{' '}
        <time title={formatUtc(session.data.expiresAt)}>
          {formatAgo(session.data.expiresAt, Date.now())}
        </time>
        .
      </p>
      <div>
        <button type="button" className="button" onClick={() => void logOut()}>
          Log out
        </button>
      </div>
    </section>
  );
}

const TONE = { ok: 'ok', degraded: 'warn', down: 'danger' } as const;

function PartsPanel() {
  const health = useHealth();
  if (health.data === undefined) return null;
  return (
    <section className="panel setting" aria-labelledby="parts-title">
      <h2 id="parts-title">Netmoth {health.data.version}</h2>
      <ul className="parts">
        {health.data.parts.map((part) => (
          <li key={part.name}>
            <Badge tone={TONE[part.status]}>{part.status}</Badge>
            <span>{part.name}</span>
            <span className="muted">{part.message}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
