// API tokens: made, told once, revoked.
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../../api/client.ts';
import type { TokenCreated, TokenInfo } from '../../api/contract.ts';
import { useTokens } from '../../api/queries.ts';
import { CopyButton } from '../../controls/copy-button.tsx';
import { TextField } from '../../controls/text-field.tsx';
import { formatAgo, formatUtc } from '../../format/time.ts';
import { Skeleton } from '../../states/skeleton.tsx';

const LIFETIMES = [
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'a year'],
  ['', 'until revoked'],
] as const;

export function Tokens() {
  const tokens = useTokens();
  const client = useQueryClient();
  const [created, setCreated] = useState<TokenCreated | null>(null);
  const [problem, setProblem] = useState('');
  const refresh = () => client.invalidateQueries({ queryKey: ['tokens'] });
  const attempt = async (work: () => Promise<void>) => {
    setProblem('');
    await work().catch((error: unknown) =>
      setProblem(error instanceof Error ? error.message : String(error)),
    );
    await refresh();
  };
  return (
    <section className="panel setting" aria-labelledby="tokens-title">
      <h2 id="tokens-title">API tokens</h2>
      <p className="muted">
        For scripts, Grafana and “netmoth query”. Send one as{' '}
        <code className="mono">Authorization: Bearer …</code>
      </p>
      {created !== null && <NewToken token={created} />}
      {problem !== '' && (
        <p className="note error" role="alert">
          {problem}
        </p>
      )}
      {tokens.isPending && <Skeleton lines={2} />}
      <ul className="tokens">
        {tokens.data?.items.map((token) => (
          <TokenLine
            key={token.id}
            token={token}
            onRevoke={() => void attempt(() => api.revokeToken(token.id))}
          />
        ))}
      </ul>
      <TokenForm
        onCreate={(name, days) =>
          attempt(async () => {
            const expires = days === '' ? {} : { expiresInDays: Number(days) };
            setCreated(await api.createToken({ name, ...expires }));
          })
        }
      />
    </section>
  );
}

function NewToken({ token }: { readonly token: TokenCreated }) {
  return (
    <div className="note ok" role="status">
      <p>The token “{token.name}”. Copy it now, it is not shown again.</p>
      <p className="new-token">
        <code className="mono">{token.token}</code>
        <CopyButton text={token.token} what="token" />
      </p>
    </div>
  );
}

interface TokenLineProps {
  readonly token: TokenInfo;
  readonly onRevoke: () => void;
}

function TokenLine({ token, onRevoke }: TokenLineProps) {
  const [sure, setSure] = useState(false);
  const now = Date.now();
  const used =
    token.lastUsedAt === null ? 'never used' : `used ${formatAgo(token.lastUsedAt, now)}`;
  const ends =
    token.expiresAt === null ? 'until revoked' : `expires ${formatAgo(token.expiresAt, now)}`;
  return (
    <li>
      <span className="grow">
        <strong>{token.name}</strong>{' '}
        <span className="muted" title={formatUtc(token.createdAt)}>
          made {formatAgo(token.createdAt, now)}, {used}, {ends}
        </span>
      </span>
      {sure ? (
        <>
          <button type="button" className="button small danger" onClick={onRevoke}>
            Revoke “{token.name}”
          </button>
          <button type="button" className="button small" onClick={() => setSure(false)}>
            Keep
          </button>
        </>
      ) : (
        <button
          type="button"
          className="button small"
          aria-label={`Revoke token ${token.name}`}
          onClick={() => setSure(true)}
        >
          Revoke
        </button>
      )}
    </li>
  );
}

interface TokenFormProps {
  readonly onCreate: (name: string, days: string) => Promise<void>;
}

function TokenForm({ onCreate }: TokenFormProps) {
  const [name, setName] = useState('');
  const [days, setDays] = useState('90');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void onCreate(name, days).then(() => setName(''));
  };
  return (
    <form className="token-form" onSubmit={submit}>
      <TextField
        label="Name"
        required
        maxLength={128}
        placeholder="What it is for"
        value={name}
        onText={setName}
      />
      <label className="field">
        <span>Valid for</span>
        <select className="input" value={days} onChange={(event) => setDays(event.target.value)}>
          {LIFETIMES.map(([value, label]) => (
            <option key={label} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="button">
        Create token
      </button>
    </form>
  );
}
