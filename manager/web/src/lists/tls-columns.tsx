// The columns of TLS handshakes.
import type { TlsRow } from '../api/contract.ts';
import { Badge } from '../controls/badge.tsx';
import type { Column } from '../table/column.ts';
import { FieldLink } from '../table/field-link.tsx';
import { DESTINATION, SOURCE, TIME } from './shared-columns.tsx';

/** Versions that RFC 8996 and its forerunners withdrew. */
const WITHDRAWN = /^(SSL|TLS 1\.[01]$|TLSv1$)/i;

export const TLS_COLUMNS: readonly Column<TlsRow>[] = [
  TIME,
  {
    id: 'version',
    label: 'Version',
    tight: true,
    phone: 'top',
    cell: (row) =>
      row.version !== null && (
        <Badge tone={WITHDRAWN.test(row.version) ? 'warn' : 'plain'}>
          <FieldLink field="version" value={row.version} />
        </Badge>
      ),
  },
  {
    id: 'sni',
    label: 'Server name',
    phone: 'full',
    name: true,
    cell: (row) => <FieldLink field="sni" value={row.sni} />,
  },
  SOURCE,
  DESTINATION,
  {
    id: 'ja4',
    label: 'JA4',
    tight: true,
    phone: 'full',
    cell: (row) => <FieldLink field="ja4" value={row.ja4} mono />,
  },
  {
    id: 'ja3',
    label: 'JA3',
    tight: true,
    phone: 'out',
    cell: (row) =>
      row.ja3 !== null && (
        <FieldLink field="ja3" value={row.ja3} mono>
          {`${row.ja3.slice(0, 8)}…`}
        </FieldLink>
      ),
  },
  {
    id: 'issuer',
    label: 'Issuer',
    roomy: true,
    phone: 'out',
    name: true,
    cell: (row) =>
      row.issuerdn !== null && (
        <span className="muted" title={row.issuerdn}>
          {row.issuerdn}
        </span>
      ),
  },
];
