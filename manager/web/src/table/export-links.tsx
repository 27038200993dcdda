// Downloads of what the filters show, all pages of it, as the manager streams it.
import { apiUrl, type Query } from '../api/client.ts';
import { type ListName, MAX_EXPORT_ROWS } from '../api/contract.ts';
import { Icon } from '../shell/icon.tsx';

const FORMATS = [
  ['csv', 'CSV'],
  ['ndjson', 'NDJSON'],
] as const;

interface ExportLinksProps {
  readonly list: ListName;
  readonly query: Query;
}

export function ExportLinks({ list, query }: ExportLinksProps) {
  return (
    <div className="exports">
      {FORMATS.map(([format, label]) => (
        <a
          key={format}
          className="button"
          href={apiUrl(`/${list}`, { ...query, format, limit: String(MAX_EXPORT_ROWS) })}
          download={`netmoth-${list}.${format}`}
          title={`Download these ${list} as ${label}, up to a million rows`}
        >
          <Icon name="download" /> {label}
        </a>
      ))}
    </div>
  );
}
