/**
 * One thing that was seen of a device and says something of it.
 *
 * Invariant: findings are facts with their source; what is concluded of them stands in
 * device-conclusion.ts, so that a better rule needs no new traffic.
 */
export const ATTRIBUTES = ['hostname', 'os', 'type', 'vendor', 'mac', 'identity'] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

export interface Finding {
  readonly attribute: Attribute;
  /** Where from: dhcp.hostname, tcp.syn, http.user_agent, mdns.service, ether.oui … */
  readonly source: string;
  readonly value: string;
  /** For a person: the version, the name of the service, the string that was seen. */
  readonly detail: string;
  /** 0 to 100: how often this alone would be right. */
  readonly confidence: number;
}

export interface Evidence extends Finding {
  readonly firstSeen: string;
  readonly lastSeen: string;
}

export const MAX_FINDING_CHARS = 200;

/** What makes two findings the same: seen again, not seen beside. */
export function findingKey({ attribute, source, value }: Finding): string {
  return `${attribute}\n${source}\n${value}`;
}
