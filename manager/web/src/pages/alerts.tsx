import { ALERT_COLUMNS } from '../lists/alert-columns.tsx';
import { ListPage } from '../table/list-page.tsx';

export default function Alerts() {
  return (
    <ListPage
      list="alerts"
      one="alert"
      title="Alerts"
      columns={ALERT_COLUMNS}
      emptyHint="That is good news, or no signatures are loaded yet. The sensors page says what each one has loaded."
    />
  );
}
