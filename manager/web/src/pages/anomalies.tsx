import { ANOMALY_COLUMNS } from '../lists/anomaly-columns.tsx';
import { ListPage } from '../table/list-page.tsx';

export default function Anomalies() {
  return (
    <ListPage
      list="anomalies"
      one="anomaly"
      title="Anomalies"
      columns={ANOMALY_COLUMNS}
      emptyHint="No malformed packets, broken streams or broken application data were seen."
    />
  );
}
