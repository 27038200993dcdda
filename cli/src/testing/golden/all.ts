/** Every golden group, the tables of older tests among them. */
import type { KeywordCases } from '../expect-case.ts';
import { SERVICE_CASES } from '../service-cases.ts';
import { SESSION_CASES } from '../session-cases.ts';
import { SIP_CASES } from '../sip-cases.ts';
import { ADDRESS_GOLDEN } from './address-cases.ts';
import { ENCRYPTED_GOLDEN } from './encrypted-cases.ts';
import type { GoldenGroup } from './golden.ts';
import { HTTP_GOLDEN } from './http-cases.ts';
import { PACKET_GOLDEN } from './packet-cases.ts';
import { PAYLOAD_GOLDEN } from './payload-cases.ts';
import { SERVICE_GOLDEN } from './service-cases.ts';

const grouped = ([protocol, capture, cases]: KeywordCases): GoldenGroup => ({
  name: `${protocol}, sessions`,
  protocol,
  capture,
  cases,
});

export async function goldenGroups(): Promise<readonly GoldenGroup[]> {
  const older = [...SESSION_CASES, ...SIP_CASES, ...SERVICE_CASES].map(grouped);
  const made = [
    ...ADDRESS_GOLDEN,
    ...PACKET_GOLDEN,
    ...PAYLOAD_GOLDEN,
    ...HTTP_GOLDEN,
    ...SERVICE_GOLDEN,
  ];
  return [...made, ...(await ENCRYPTED_GOLDEN()), ...older];
}
