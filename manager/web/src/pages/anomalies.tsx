// What analysis found, and malformed packets, broken streams, broken application data; each by itself.
import { Link } from 'wouter';
import { ANOMALY_COLUMNS } from '../lists/anomaly-columns.tsx';
import { ListPage } from '../table/list-page.tsx';
import { useUrlState } from '../url/url-state.ts';

const LAYERS = [
  [null, 'All'],
  ['behaviour', 'Behaviour'],
  ['decode', 'Packets'],
  ['stream', 'Streams'],
  ['applayer', 'Applications'],
] as const;

export default function Anomalies() {
  return (
    <ListPage
      list="anomalies"
      one="anomaly"
      title="Anomalies"
      columns={ANOMALY_COLUMNS}
      emptyHint="Nothing unusual was seen, no malformed packets, broken streams or broken application data."
    >
      <Layers />
    </ListPage>
  );
}

function Layers() {
  const url = useUrlState();
  const chosen = url.params.get('type');
  return (
    <ul className="chips" aria-label="Layer">
      {LAYERS.map(([layer, label]) => (
        <li key={label}>
          <Link
            className="button small"
            href={url.here({ type: layer })}
            aria-current={chosen === layer ? 'true' : undefined}
          >
            {label}
          </Link>
        </li>
      ))}
    </ul>
  );
}
