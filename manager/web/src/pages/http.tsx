import { HTTP_COLUMNS } from '../lists/http-columns.tsx';
import { ListPage } from '../table/list-page.tsx';

export default function Http() {
  return (
    <ListPage
      list="http"
      one="transaction"
      title="HTTP"
      columns={HTTP_COLUMNS}
      emptyHint="Only unencrypted HTTP is listed here; encrypted sessions are under TLS."
    />
  );
}
