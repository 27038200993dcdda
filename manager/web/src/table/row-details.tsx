// Everything known of one row, at the side (over the page where there is no room). Invariant: Escape
// closes it and gives the focus back to the row; the arrows walk the rows.
import { useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { CopyButton } from '../controls/copy-button.tsx';
import { Icon } from '../shell/icon.tsx';
import { useUrlState } from '../url/url-state.ts';
import { TimeText } from './cells.tsx';
import { fieldLabel, fieldText, isMonoField, shownFields } from './field-labels.ts';
import { FieldLink } from './field-link.tsx';
import { FindingReasons, isFinding } from './finding-reasons.tsx';
import { type DetailsRow, RelatedEvents } from './related-events.tsx';

interface RowDetailsProps {
  readonly title: string;
  readonly row: DetailsRow;
  readonly onClose: () => void;
  readonly onStep: (step: 1 | -1) => void;
}

const ADDRESSES = new Set(['src_ip', 'dest_ip']);
const TIMES = new Set(['time', 'end', 'last_time']);
const COPIED = new Set([
  'community_id',
  'fingerprint',
  'ja3',
  'ja3s',
  'ja4',
  'src_ip',
  'dest_ip',
  'url',
]);

export function RowDetails({ title, row, onClose, onStep }: RowDetailsProps) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement) return;
      if (event.key === 'Escape') onClose();
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step === 1 || step === -1) {
        event.preventDefault();
        onStep(step);
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onClose, onStep]);
  return (
    <aside className="panel details" role="dialog" aria-label={title} tabIndex={-1} ref={panel}>
      <div className="details-head">
        <h2>{title}</h2>
        <StepButton name="up" label="Previous row" onClick={() => onStep(-1)} />
        <StepButton name="down" label="Next row" onClick={() => onStep(1)} />
        <StepButton name="close" label="Close details" onClick={onClose} />
      </div>
      {isFinding(row) && <FindingReasons row={row} />}
      <dl className="fields">
        {shownFields(row).map(([field, value]) => (
          <div key={field}>
            <dt>{fieldLabel(field)}</dt>
            <dd>
              <FieldValue field={field} value={value} />
            </dd>
            <span className="field-actions">
              {ADDRESSES.has(field) && <DevicePageLink ip={String(value)} />}
              {COPIED.has(field) && <CopyButton text={String(value)} what={fieldLabel(field)} />}
            </span>
          </div>
        ))}
      </dl>
      {row.flow_id !== null && <RelatedEvents row={row} flowId={row.flow_id} />}
    </aside>
  );
}

function DevicePageLink({ ip }: { readonly ip: string }) {
  const url = useUrlState();
  return (
    <Link
      className="button quiet icon small"
      href={url.page('/device', { ip })}
      aria-label={`All about ${ip}`}
      title={`All about ${ip}`}
    >
      <Icon name="devices" />
    </Link>
  );
}

interface FieldValueProps {
  readonly field: string;
  readonly value: unknown;
}

function FieldValue({ field, value }: FieldValueProps) {
  if (TIMES.has(field) && typeof value === 'string') {
    return <TimeText value={value} />;
  }
  const text = fieldText(field, value);
  if (typeof value !== 'string' && typeof value !== 'number') {
    return <span className="field-lines">{text}</span>;
  }
  return (
    <FieldLink field={field} value={value} mono={isMonoField(field)}>
      {text}
    </FieldLink>
  );
}

interface StepButtonProps {
  readonly name: 'up' | 'down' | 'close';
  readonly label: string;
  readonly onClick: () => void;
}

function StepButton({ name, label, onClick }: StepButtonProps) {
  return (
    <button
      type="button"
      className="button quiet icon small"
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      <Icon name={name} />
    </button>
  );
}
