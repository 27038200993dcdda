// One line that says what a stored row is about.
import type { ListName, RowOf } from '../api/contract.ts';
import { formatEndpoint } from '../format/endpoint.ts';
import { formatBytes } from '../format/quantity.ts';

type EventList = Exclude<ListName, 'devices'>;

const words = (...parts: readonly (string | number | null)[]) =>
  parts.filter((part) => part !== null && part !== '').join(' ');

export function rowSummary(list: EventList, row: RowOf<EventList>): string {
  switch (list) {
    case 'flows': {
      const flow = row as RowOf<'flows'>;
      const bytes = formatBytes(flow.bytes_toserver + flow.bytes_toclient);
      return `${formatEndpoint(flow.src_ip, flow.src_port)} → ${formatEndpoint(flow.dest_ip, flow.dest_port)}, ${bytes}`;
    }
    case 'dns': {
      const dns = row as RowOf<'dns'>;
      return words(dns.type, dns.rrtype, dns.rrname, dns.rcode);
    }
    case 'tls': {
      const tls = row as RowOf<'tls'>;
      return words(tls.version, tls.sni ?? tls.subject);
    }
    case 'http': {
      const http = row as RowOf<'http'>;
      return words(http.http_method, `${http.hostname ?? ''}${http.url ?? ''}`, http.status);
    }
    case 'alerts':
      return (row as RowOf<'alerts'>).signature;
    case 'anomalies': {
      const anomaly = row as RowOf<'anomalies'>;
      return anomaly.summary ?? anomaly.event;
    }
  }
}
