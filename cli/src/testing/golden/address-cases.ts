/** What is known of addresses: reputations and countries, as their files would say it. */
import type { Countries } from '#signatures/addresses/countries.ts';
import { ReputationBook } from '#signatures/addresses/reputation-book.ts';
import { datagram } from '../packets.ts';
import type { GoldenGroup } from './golden.ts';

const reputations = new ReputationBook();
reputations.addCategories('categories.txt', '1,CnC,x');
reputations.addScores('reputation.list', '10.0.0.2,1,40');

const TEN = [{ low: '\x0a\0\0\0', high: '\x0a\xff\xff\xff', score: 1 }];
/** All of 10.0.0.0/8 is in Sweden. */
const countries = {
  table: (codes: readonly string[], negated: boolean) => ({
    name: `geoip.${negated ? '!' : ''}${codes.join(',')}`,
    v4: codes.includes('SE') !== negated ? TEN : [],
    v6: [],
  }),
} as unknown as Countries;

export const ADDRESS_GOLDEN: readonly GoldenGroup[] = [
  {
    name: 'addresses',
    protocol: 'udp',
    capture: datagram(9, 'packet'),
    addresses: { reputations, countries },
    cases: [
      ['iprep', 'iprep:dst,CnC,>,39;', 'iprep:src,CnC,>,39;'],
      ['iprep, unknown', 'iprep:src,CnC,isnotset;', 'iprep:dst,CnC,isnotset;'],
      ['geoip', 'geoip:both,SE;', 'geoip:any,DE,NO;'],
      ['geoip, others', 'geoip:src,!DE;', 'geoip:src,!SE;'],
      ['l3_proto', 'l3_proto:ipv4;', 'l3_proto:ipv6;'],
    ],
  },
];
