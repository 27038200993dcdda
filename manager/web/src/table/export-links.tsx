// Downloads of what the filters show, all pages of it, as the manager streams it.
import { apiUrl, type Query } from '../api/client.ts';
import { type ListName, MAX_EXPORT_ROWS } from '../api/contract.ts';
import { formatExact } from '../format/quantity.ts';
import { Icon } from '../shell/icon.tsx';

const FORMATS = [
  ['csv', 'CSV'],
  ['ndjson', 'NDJSON'],
] as const;

interface ExportLinksProps {
  readonly list: ListName | 'beacons';
  readonly query: Query;
  /** Rows at most. */
  readonly most?: number;
}

export function ExportLinks({ list, query, most = MAX_EXPORT_ROWS }: ExportLinksProps) {
  return (
    <div className="exports">
      {FORMATS.map(([format, label]) => (
        <a
          key={format}
          className="button"
          href={apiUrl(`/${list}`, { ...query, format, limit: String(most) })}
          download={`netmoth-${list}.${format}`}
          title={`Download these ${list} as ${label}, up to ${formatExact(most)} rows`}
        >
          <Icon name="download" /> {label}
        </a>
      ))}
    </div>
  );
}
