// Makes or changes a channel. Invariant: fields that a kind does not know are not sent.
import { type FormEvent, useState } from 'react';
import { ApiError } from '../../api/client.ts';
import type { Channel, ChannelRequest } from '../../api/contract.ts';
import { kindText, type NamedChannel, TOLD_KINDS } from '../../api/notifications.ts';
import { TextField } from '../../controls/text-field.tsx';

const KINDS: readonly (readonly [ChannelRequest['kind'], label: string, example: string])[] = [
  ['webhook', 'Webhook', 'https://example.org/hook'],
  ['slack', 'Slack or compatible', 'https://hooks.slack.com/services/…'],
  ['alertmanager', 'Alertmanager', 'http://alertmanager:9093'],
  ['syslog', 'Syslog (CEF)', 'syslog://siem.lan:514'],
  ['email', 'E-mail', 'smtps://user:password@mail.example.org:465'],
];
const NAME_PATTERN = '[a-z0-9][a-z0-9\\-]{0,62}';

interface ChannelFormProps {
  readonly given: Channel | undefined;
  readonly saving: boolean;
  readonly error: Error | null;
  readonly onSave: (channel: NamedChannel) => void;
  readonly onCancel: () => void;
}

export function ChannelForm({ given, saving, error, onSave, onCancel }: ChannelFormProps) {
  const [name, setName] = useState(given?.name ?? '');
  const [kind, setKind] = useState<ChannelRequest['kind']>(given?.kind ?? 'webhook');
  const [url, setUrl] = useState('');
  const [secret, setSecret] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [score, setScore] = useState(String(given?.min_score ?? 50));
  const [kinds, setKinds] = useState<readonly string[]>(given?.kinds ?? []);
  const example = KINDS.find(([value]) => value === kind)?.[2] ?? '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const mail = { from, to: to.split(/[\s,;]+/).filter((each) => each !== '') };
    onSave({
      name,
      body: {
        ...{ kind, url, min_score: Number(score), kinds: [...kinds] },
        ...(kind === 'webhook' && secret !== '' ? { secret } : {}),
        ...(kind === 'email' ? mail : {}),
      },
    });
  };
  return (
    <form className="channel-form" onSubmit={submit} aria-label="Channel">
      <TextField
        label="Name"
        required
        pattern={NAME_PATTERN}
        readOnly={given !== undefined}
        hint="Lower-case letters, digits and -"
        value={name}
        onText={setName}
      />
      <label className="field">
        <span>Kind of channel</span>
        <select
          className="input"
          value={kind}
          onChange={(event) =>
            setKind(KINDS.find(([value]) => value === event.target.value)?.[0] ?? 'webhook')
          }
        >
          {KINDS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <TextField
        label="Address"
        required
        maxLength={2048}
        placeholder={example}
        autoComplete="off"
        {...(given === undefined ? {} : { hint: 'What was entered before is not shown again' })}
        value={url}
        onText={setUrl}
      />
      {kind === 'webhook' && (
        <TextField
          label="Secret that signs (optional)"
          type="password"
          minLength={8}
          maxLength={256}
          autoComplete="new-password"
          value={secret}
          onText={setSecret}
        />
      )}
      {kind === 'email' && (
        <>
          <TextField label="From" type="email" required value={from} onText={setFrom} />
          <TextField label="To" required hint="One or more" value={to} onText={setTo} />
        </>
      )}
      <TextField
        label="Least score"
        type="number"
        min={0}
        max={100}
        required
        hint="80 and more is critical, 50 and more a warning"
        value={score}
        onText={setScore}
      />
      <KindChoices kinds={kinds} onKinds={setKinds} />
      {error !== null && <Refusal error={error} />}
      <p className="channel-actions">
        <button type="submit" className="button primary" disabled={saving}>
          {given === undefined ? 'Create channel' : 'Save channel'}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      </p>
    </form>
  );
}

interface KindChoicesProps {
  readonly kinds: readonly string[];
  readonly onKinds: (kinds: readonly string[]) => void;
}

function KindChoices({ kinds, onKinds }: KindChoicesProps) {
  return (
    <fieldset className="kinds">
      <legend>Alerts of signatures and kinds of findings; none chosen means all</legend>
      {TOLD_KINDS.map((kind) => (
        <label key={kind}>
          <input
            type="checkbox"
            checked={kinds.includes(kind)}
            onChange={(event) =>
              onKinds(
                event.target.checked ? [...kinds, kind] : kinds.filter((each) => each !== kind),
              )
            }
          />{' '}
          {kindText(kind)}
        </label>
      ))}
    </fieldset>
  );
}

/** What the manager says, field by field. */
export function Refusal({ error }: { readonly error: Error }) {
  const details = error instanceof ApiError ? error.details : [];
  return (
    <div className="note error" role="alert">
      {details.length === 0
        ? error.message
        : details.map(({ path, message }) => (
            <p key={`${path} ${message}`}>
              <b>{path}</b> {message}
            </p>
          ))}
    </div>
  );
}
