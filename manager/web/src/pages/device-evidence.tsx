// What the attributes of a device rest on, and where a person says better. Invariant: what is said replaces
// what was concluded at once; an empty name and no kind take it back.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { call } from '../api/client.ts';
import type { DeviceDetail } from '../api/contract.ts';
import { devicePath, useDevice } from '../api/device.ts';
import { formatAgo, formatUtc } from '../format/time.ts';
import { ErrorState } from '../states/error-state.tsx';
import { rangeQuery } from '../url/time-range.ts';
import { useUrlState } from '../url/url-state.ts';

const KINDS = ['phone', 'laptop', 'printer', 'TV', 'camera', 'server', 'IoT', 'router', 'pod'];

export function DeviceEvidence({ ip }: { readonly ip: string }) {
  const { range } = useUrlState();
  const { data: device } = useDevice(ip, rangeQuery(range));
  if (device === undefined) return null;
  const others = device.addresses.filter((address) => address !== ip);
  return (
    <section className="panel" aria-labelledby="evidence-title">
      <div className="panel-head">
        <h2 id="evidence-title">Who it is</h2>
        {device.randomised_mac && <span className="muted">chooses its MAC address itself</span>}
      </div>
      <div className="panel-body">
        <LabelForm key={device.label} ip={ip} device={device} />
        {others.length > 0 && <p>The same machine: {others.join(', ')}</p>}
        {device.perhaps_same.map(({ subject, because }) => (
          <p key={subject}>
            Perhaps the same machine: {subject.replace('mac:', '')}, which calls itself {because}{' '}
            too
          </p>
        ))}
        <EvidenceTable device={device} />
      </div>
    </section>
  );
}

function EvidenceTable({ device }: { readonly device: DeviceDetail }) {
  if (device.evidence.length === 0) {
    return <p className="muted">Nothing was seen yet that says what it is.</p>;
  }
  const rows = device.evidence.toSorted(
    (a, b) => a.attribute.localeCompare(b.attribute) || b.confidence - a.confidence,
  );
  return (
    <div className="table-scroll">
      <table className="table" aria-label="evidence">
        <thead>
          <tr>
            {['Says', 'Value', 'By', 'Seen as', 'Sure', 'Last seen'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.attribute} ${row.source} ${row.value}`}>
              <td>{row.attribute}</td>
              <td>{row.value}</td>
              <td className="mono muted">{row.source}</td>
              <td>{row.detail}</td>
              <td>{row.confidence} %</td>
              <td title={formatUtc(row.last_seen)}>{formatAgo(row.last_seen, Date.now())}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface LabelFormProps {
  readonly ip: string;
  readonly device: DeviceDetail;
}

function LabelForm({ ip, device }: LabelFormProps) {
  const queries = useQueryClient();
  const kindId = useId();
  const nameId = useId();
  const [label, setLabel] = useState(device.label ?? '');
  const [type, setType] = useState('');
  const save = useMutation({
    mutationFn: () => {
      const body = { label: label.trim() || null, type: type || null };
      return call<void>(`${devicePath(ip)}/label`, { method: 'PUT', body });
    },
    onSuccess: () => queries.invalidateQueries(),
  });
  return (
    <form
      className="filter-bar label-form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <label htmlFor={nameId}>Call it</label>
      <input
        id={nameId}
        className="input"
        value={label}
        maxLength={120}
        placeholder={device.hostname ?? ip}
        onChange={(event) => setLabel(event.target.value)}
      />
      <label htmlFor={kindId}>Kind</label>
      <select
        id={kindId}
        className="input"
        value={type}
        onChange={(event) => setType(event.target.value)}
      >
        <option value="">by evidence</option>
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
      </select>
      <button type="submit" className="button" disabled={save.isPending}>
        Save
      </button>
      {save.error !== null && <ErrorState error={save.error} onRetry={() => save.mutate()} />}
    </form>
  );
}
