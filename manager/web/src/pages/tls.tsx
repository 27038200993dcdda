import { TLS_COLUMNS } from '../lists/tls-columns.tsx';
import { ListPage } from '../table/list-page.tsx';

export default function Tls() {
  return (
    <ListPage
      list="tls"
      one="handshake"
      title="TLS"
      columns={TLS_COLUMNS}
      emptyHint="A handshake appears as soon as a sensor sees a client and a server greet each other."
    />
  );
}
