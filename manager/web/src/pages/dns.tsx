import { DNS_COLUMNS } from '../lists/dns-columns.tsx';
import { ListPage } from '../table/list-page.tsx';

export default function Dns() {
  return (
    <ListPage
      list="dns"
      one="DNS message"
      title="DNS"
      columns={DNS_COLUMNS}
      emptyHint="Questions and answers appear when a sensor sees them unencrypted. Resolvers reached over HTTPS show up under TLS."
    />
  );
}
