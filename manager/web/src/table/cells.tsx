// Cells that several lists share.
import { Badge } from '../controls/badge.tsx';
import { formatTime, formatUtc } from '../format/time.ts';
import { FieldLink } from './field-link.tsx';

/** Local time; UTC with microseconds on hover. */
export function TimeText({ value }: { readonly value: string }) {
  return (
    <time dateTime={value} title={formatUtc(value)}>
      {formatTime(value, Date.now())}
    </time>
  );
}

interface EndpointProps {
  readonly ip: string | null;
  readonly port: number | null;
}

export function Endpoint({ ip, port }: EndpointProps) {
  if (ip === null) return <span className="muted">–</span>;
  const colons = ip.includes(':');
  return (
    <span className="mono endpoint">
      {colons && port !== null ? '[' : ''}
      <FieldLink field="src_ip" value={ip} />
      {colons && port !== null ? ']' : ''}
      {port !== null && (
        <span className="port">
          :<FieldLink field="src_port" value={port} />
        </span>
      )}
    </span>
  );
}

const SEVERITY: Readonly<Record<number, readonly [string, 'danger' | 'warn' | 'info' | 'plain']>> =
  {
    1: ['High', 'danger'],
    2: ['Medium', 'warn'],
    3: ['Low', 'info'],
  };

export function SeverityBadge({ severity }: { readonly severity: number }) {
  const [label, tone] = SEVERITY[severity] ?? [`Level ${severity}`, 'plain'];
  return <Badge tone={tone}>{label}</Badge>;
}
