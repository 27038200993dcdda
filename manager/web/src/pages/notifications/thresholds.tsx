// From which score on findings of a kind, of a device or both are told at all; the narrowest threshold counts.
import { type FormEvent, useState } from 'react';
import { FINDING_KINDS, type Threshold } from '../../api/contract.ts';
import {
  kindText,
  useDeleteThreshold,
  usePutThreshold,
  useThresholds,
} from '../../api/notifications.ts';
import { TextField } from '../../controls/text-field.tsx';
import { formatUtc } from '../../format/time.ts';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { Refusal } from './channel-form.tsx';

export function Thresholds() {
  const thresholds = useThresholds();
  const remove = useDeleteThreshold();
  const items = thresholds.data?.items ?? [];
  return (
    <section className="panel setting" aria-labelledby="thresholds-title">
      <h2 id="thresholds-title">Thresholds</h2>
      <p className="muted">
        Findings below their threshold are not told and not listed. Where several match, the one for
        kind and device counts first.
      </p>
      {thresholds.isPending && <Skeleton lines={2} />}
      {thresholds.error !== null && (
        <ErrorState error={thresholds.error} onRetry={() => void thresholds.refetch()} />
      )}
      {thresholds.data !== undefined && items.length === 0 && (
        <p className="muted">Every finding is told.</p>
      )}
      <ul className="channels">
        {items.map((threshold) => (
          <li key={threshold.id}>
            <span className="grow">
              <strong>{matcherOf(threshold)}</strong> from {threshold.min_score} of 100{' '}
              <span className="muted" title={formatUtc(threshold.said_at)}>
                by {threshold.said_by}
              </span>
            </span>
            <button
              type="button"
              className="button small"
              aria-label={`Remove threshold ${matcherOf(threshold)}`}
              disabled={remove.isPending}
              onClick={() => remove.mutate(threshold.id)}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      {remove.error !== null && <Refusal error={remove.error} />}
      <ThresholdForm />
    </section>
  );
}

function matcherOf({ kind, device }: Threshold): string {
  return `${kind === null ? 'everything' : kindText(kind)} of ${device ?? 'everybody'}`;
}

function ThresholdForm() {
  const put = usePutThreshold();
  const [kind, setKind] = useState('');
  const [device, setDevice] = useState('');
  const [score, setScore] = useState('50');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    put.mutate({
      kind: kind === '' ? null : kind,
      device: device.trim() === '' ? null : device.trim(),
      min_score: Number(score),
    });
  };
  return (
    <form className="threshold-form" onSubmit={submit} aria-label="New threshold">
      <label className="field">
        <span>Kind of finding</span>
        <select className="input" value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="">every kind</option>
          {FINDING_KINDS.map((each) => (
            <option key={each} value={each}>
              {kindText(each)}
            </option>
          ))}
        </select>
      </label>
      <TextField
        label="Of device"
        placeholder="every device"
        maxLength={45}
        value={device}
        onText={setDevice}
      />
      <TextField
        label="From score"
        type="number"
        min={0}
        max={100}
        required
        value={score}
        onText={setScore}
      />
      {put.error !== null && <Refusal error={put.error} />}
      <button type="submit" className="button" disabled={put.isPending}>
        Set threshold
      </button>
    </form>
  );
}
