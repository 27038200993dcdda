// What each sensor's engine matches with, and what it was told to.
import { Link } from 'wouter';
import type { SignatureOverview } from '../../api/contract.ts';
import { signaturesApi, useChange } from '../../api/signatures.ts';
import { Badge, type Tone } from '../../controls/badge.tsx';
import { formatCount } from '../../format/quantity.ts';
import { formatAgo, formatUtc } from '../../format/time.ts';
import { EmptyState } from '../../states/empty-state.tsx';
import { useUrlState } from '../../url/url-state.ts';
import { SureButton } from './shared.tsx';

type Loaded = SignatureOverview['sensors'][number];

export function LoadedPanel({ overview }: { readonly overview: SignatureOverview }) {
  const { active, sensors } = overview;
  return (
    <section className="panel signature-panel" aria-labelledby="loaded-title">
      <h2 id="loaded-title">Loaded by sensors</h2>
      {active !== null && <ActiveLine active={active} />}
      {sensors.length === 0 && (
        <EmptyState title="No sensor has reported yet" compact>
          A sensor says what it matches with five seconds after it starts.
        </EmptyState>
      )}
      <ul className="loaded-sensors">
        {sensors.map((one) => (
          <SensorLine key={`${one.sensor}.${one.node}`} one={one} wanted={active?.digest} />
        ))}
      </ul>
    </section>
  );
}

function ActiveLine({ active }: { readonly active: NonNullable<SignatureOverview['active']> }) {
  const url = useUrlState();
  const { change, problem, busy } = useChange();
  return (
    <p className="loaded-active">
      <span>
        Version {active.version} of{' '}
        <Link className="link" href={url.page('/signature', { name: active.set })}>
          {active.set}
        </Link>{' '}
        is active, by {active.activatedBy}{' '}
        <time title={formatUtc(active.activatedAt)}>
          {formatAgo(active.activatedAt, Date.now())}
        </time>
      </span>
      <SureButton
        label="Deactivate"
        sure="Stop matching"
        disabled={busy}
        onSure={() => void change(() => signaturesApi.deactivate())}
      />
      {problem !== '' && <span role="alert">{problem}</span>}
    </p>
  );
}

const TONE: Readonly<Record<string, Tone>> = {
  active: 'ok',
  loading: 'info',
  failed: 'danger',
  none: 'plain',
};

interface SensorLineProps {
  readonly one: Loaded;
  /** Digest of the active version. */
  readonly wanted: string | undefined;
}

function SensorLine({ one, wanted }: SensorLineProps) {
  const { signatures, known, reporting } = one;
  const state = signatures?.state ?? 'none';
  const late = wanted !== undefined && signatures?.digest !== wanted && state !== 'failed';
  return (
    <li>
      <strong>{one.node}</strong>
      <Badge tone={TONE[state] ?? 'plain'}>{state === 'none' ? 'no signatures' : state}</Badge>
      {late && <Badge tone="warn">not the active version</Badge>}
      {!reporting && <Badge tone="danger">silent</Badge>}
      <span className="grow muted">
        {signatures?.digest !== undefined && (
          <>
            {known === null
              ? (signatures.revision ?? 'of elsewhere')
              : `${known.set} ${known.version}`}
            , <code className="mono">{signatures.digest.slice(0, 19)}…</code>
          </>
        )}
        {signatures?.rulesLoaded !== undefined && `, ${formatCount(signatures.rulesLoaded)} rules`}
        {(signatures?.rulesFailed ?? 0) > 0 &&
          `, ${formatCount(signatures?.rulesFailed ?? 0)} of them not matched`}
        {(signatures?.indicators ?? 0) > 0 &&
          `, ${formatCount(signatures?.indicators ?? 0)} entries of lists`}
      </span>
      {signatures?.failure !== undefined && (
        <span className="loaded-failure">
          {signatures.failure.reason}: {signatures.failure.message}
        </span>
      )}
    </li>
  );
}
