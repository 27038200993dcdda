// What is not told for a while. Invariant: a silence always ends; what is silenced is found and listed all the same.
import { type FormEvent, useState } from 'react';
import type { Silence } from '../../api/contract.ts';
import {
  kindText,
  TOLD_KINDS,
  useEndSilence,
  useSilence,
  useSilences,
} from '../../api/notifications.ts';
import { TextField } from '../../controls/text-field.tsx';
import { formatAgo, formatUtc } from '../../format/time.ts';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { Refusal } from './channel-form.tsx';

const LENGTHS = [
  ['60', 'an hour'],
  ['480', '8 hours'],
  ['1440', 'a day'],
  ['10080', 'a week'],
  ['43200', '30 days'],
] as const;

export function Silences() {
  const silences = useSilences();
  const end = useEndSilence();
  const items = silences.data?.items ?? [];
  return (
    <section className="panel setting" aria-labelledby="silences-title">
      <h2 id="silences-title">Silences</h2>
      <p className="muted">
        Findings and alerts that match are listed as ever and told to nobody until the silence ends.
      </p>
      {silences.isPending && <Skeleton lines={2} />}
      {silences.error !== null && (
        <ErrorState error={silences.error} onRetry={() => void silences.refetch()} />
      )}
      {silences.data !== undefined && items.length === 0 && (
        <p className="muted">Nothing is silenced.</p>
      )}
      <ul className="channels">
        {items.map((silence) => (
          <li key={silence.id}>
            <span className="grow">
              <strong>{matcherOf(silence)}</strong>{' '}
              <span className="muted">
                until{' '}
                <time dateTime={silence.until} title={formatUtc(silence.until)}>
                  {formatAgo(silence.until, Date.now())}
                </time>
                , by {silence.said_by}
                {silence.reason === '' ? '' : `: ${silence.reason}`}
              </span>
            </span>
            <button
              type="button"
              className="button small"
              aria-label={`End silence ${matcherOf(silence)}`}
              disabled={end.isPending}
              onClick={() => end.mutate(silence.id)}
            >
              End
            </button>
          </li>
        ))}
      </ul>
      {end.error !== null && <Refusal error={end.error} />}
      <SilenceForm />
    </section>
  );
}

function matcherOf({ kind, subject, about }: Silence): string {
  const what = kind === null ? 'everything' : kindText(kind);
  return `${what}${about === null ? '' : ` ${about}`} of ${subject ?? 'everybody'}`;
}

function SilenceForm() {
  const silence = useSilence();
  const [kind, setKind] = useState('');
  const [subject, setSubject] = useState('');
  const [about, setAbout] = useState('');
  const [minutes, setMinutes] = useState('60');
  const [reason, setReason] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    silence.mutate(
      {
        ...(kind === '' ? {} : { kind }),
        ...(subject.trim() === '' ? {} : { subject: subject.trim() }),
        ...(about.trim() === '' ? {} : { about: about.trim() }),
        ...{ minutes: Number(minutes), reason },
      },
      { onSuccess: () => setReason('') },
    );
  };
  return (
    <form className="silence-form" onSubmit={submit} aria-label="New silence">
      <label className="field">
        <span>Kind</span>
        <select className="input" value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="">any</option>
          {TOLD_KINDS.map((each) => (
            <option key={each} value={each}>
              {kindText(each)}
            </option>
          ))}
        </select>
      </label>
      <TextField
        label="Device"
        placeholder="any address"
        maxLength={45}
        value={subject}
        onText={setSubject}
      />
      <TextField
        label="About"
        placeholder={kind === 'signature' ? '1:2019401' : 'anything'}
        hint="A signature’s number, a domain, a service"
        maxLength={256}
        value={about}
        onText={setAbout}
      />
      <label className="field">
        <span>For</span>
        <select
          className="input"
          value={minutes}
          onChange={(event) => setMinutes(event.target.value)}
        >
          {LENGTHS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <TextField label="Why" maxLength={256} value={reason} onText={setReason} />
      {silence.error !== null && <Refusal error={silence.error} />}
      <button type="submit" className="button" disabled={silence.isPending}>
        Silence
      </button>
    </form>
  );
}
