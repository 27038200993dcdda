// One rule: as written, in words, and what is changed about it here. Invariant: a change counts from the
// next version on, and the panel says so.
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { SignatureRuleDetail, SignatureThreshold } from '../../api/contract.ts';
import { type RuleKey, signaturesApi, useChange, useRule } from '../../api/signatures.ts';
import { CopyButton } from '../../controls/copy-button.tsx';
import { formatCount } from '../../format/quantity.ts';
import { Icon } from '../../shell/icon.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { rangeQuery } from '../../url/time-range.ts';
import { useUrlState } from '../../url/url-state.ts';
import { SuppressInputs, suppressionOf, toSuppressFields } from './suppress-fields.tsx';
import { ThresholdFields, thresholdOf, toFields } from './threshold-fields.tsx';

interface RulePanelProps {
  readonly set: string;
  readonly rule: RuleKey;
  readonly owned: boolean;
  readonly onClose: () => void;
}

export function RulePanel({ set, rule, owned, onClose }: RulePanelProps) {
  const { range } = useUrlState();
  const detail = useRule(set, rule, rangeQuery(range));
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), []);
  // On the document: a button that is disabled while it works loses the focus to the page.
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && onClose();
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onClose]);
  return (
    <aside className="panel details" role="dialog" aria-label={`Rule ${rule.sid}`}>
      <div className="details-head">
        <h2>Rule {rule.sid}</h2>
        <button
          ref={close}
          type="button"
          className="button quiet icon small"
          aria-label="Close"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      {detail.isPending && <Skeleton />}
      {detail.error !== null && detail.data === undefined && (
        <ErrorState error={detail.error} onRetry={() => void detail.refetch()} />
      )}
      {detail.data !== undefined && <RuleFacts rule={detail.data} />}
      {detail.data !== undefined && owned && <OverrideForm set={set} rule={detail.data} />}
    </aside>
  );
}

function RuleFacts({ rule }: { readonly rule: SignatureRuleDetail }) {
  const url = useUrlState();
  return (
    <div className="rule-facts">
      <p>
        <strong>{rule.msg}</strong>
      </p>
      <p className="muted">
        <span className="mono">
          {rule.file}:{rule.line}
        </span>
        , revision {rule.rev}.{' '}
        <Link className="link" href={url.page('/alerts', { signature_id: String(rule.sid) })}>
          {formatCount(rule.alerts)} {rule.alerts === 1 ? 'alert' : 'alerts'} in this time range
        </Link>
      </p>
      <div className="rule-text">
        <pre className="mono">{rule.source}</pre>
        <CopyButton text={rule.source} what="rule" />
      </div>
      {rule.explanation !== '' && <pre className="mono muted">{rule.explanation}</pre>}
    </div>
  );
}

type Enabled = 'file' | 'on' | 'off';
const ENABLED: readonly (readonly [Enabled, string])[] = [
  ['file', 'as in its file'],
  ['on', 'enabled'],
  ['off', 'disabled'],
];
const VALUES = { file: null, on: true, off: false } as const;

interface OverrideFormProps {
  readonly set: string;
  readonly rule: SignatureRuleDetail;
}

function OverrideForm({ set, rule }: OverrideFormProps) {
  const { change, problem, busy } = useChange();
  const given: Enabled = rule.enabled === null ? 'file' : rule.enabled ? 'on' : 'off';
  const [enabled, setEnabled] = useState<Enabled>(given);
  const [rate, setRate] = useState(toFields(rule.threshold));
  const [hosts, setHosts] = useState(toSuppressFields(rule.suppress));
  const [saved, setSaved] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const threshold: SignatureThreshold | null = thresholdOf(rate);
    const suppress = suppressionOf(hosts);
    void change(() =>
      signaturesApi.override(set, rule, { enabled: VALUES[enabled], threshold, suppress }),
    ).then(setSaved);
  };
  return (
    <form className="rule-override" onSubmit={submit} onChange={() => setSaved(false)}>
      <h3>Changed here</h3>
      <label className="field">
        <span>This rule is</span>
        <select
          className="input"
          value={enabled}
          onChange={(event) =>
            setEnabled(ENABLED.find(([value]) => value === event.target.value)?.[0] ?? 'file')
          }
        >
          {ENABLED.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <ThresholdFields fields={rate} onFields={setRate} />
      <SuppressInputs fields={hosts} onFields={setHosts} />
      <button type="submit" className="button" disabled={busy}>
        Save change
      </button>
      {saved && (
        <p className="note ok" role="status">
          Saved. It counts from the next version on.
        </p>
      )}
      {problem !== '' && (
        <p className="note error" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
