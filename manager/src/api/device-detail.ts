// One device beside its row: the machine's other addresses, its evidence, and what people say of it.
// Invariant: what a person says is stored by subject and shows at once; nobody's word is lost when a machine
// changes its address, as long as its MAC is seen.
import type pg from 'pg';
import { NetmothError } from '#contracts/errors.ts';
import type { DeviceDetail } from '#contracts/rest.ts';
import { concludeDevices, knownDevices, LOCK_CONCLUDING } from '../enrich/device-concluder.ts';
import { isLocallyAdministered } from '../enrich/vendor-book.ts';
import type { StorePool } from '../store/pool.ts';
import { type Range, rollupOf } from '../store/queries/rollups.ts';

const kMaxAddresses = 100;
const kMaxSame = 20;
const kMaxContacts = 10_000;
const kMaxListed = 100;

const KEY = 'SELECT host(ip) AS ip, mac::text AS mac, mac_since FROM devices WHERE ip = $1::inet';
const ADDRESSES = `
  SELECT host(ip) AS ip FROM devices WHERE subject = $1 ORDER BY last_seen DESC LIMIT ${kMaxAddresses}`;
/** The same name told by DHCP, and the same order of options asked for. */
const SAME = `
  SELECT DISTINCT other.subject, other.value AS because
  FROM device_evidence AS own
  JOIN device_evidence AS other USING (attribute, source, value)
  JOIN device_evidence AS random ON random.subject = other.subject
    AND random.source = 'ether.randomised'
  WHERE own.subject = $1 AND own.attribute = 'identity' AND other.subject <> own.subject
  ORDER BY 1 LIMIT ${kMaxSame}`;
const LABEL = `
  INSERT INTO device_labels (subject, label, type, set_by) VALUES ($1, $2, $3, $4)
  ON CONFLICT (subject) DO UPDATE SET
    label = excluded.label, type = excluded.type, set_by = excluded.set_by, set_at = now()`;

export type DetailFields = Pick<
  DeviceDetail,
  'addresses' | 'randomised_mac' | 'perhaps_same' | 'evidence' | 'listed'
>;

interface Key {
  readonly ip: string;
  readonly mac: string | null;
  readonly mac_since: string | null;
}

export function deviceDetail(pool: StorePool, ip: string, range: Range): Promise<DetailFields> {
  return pool.withClient(async (client) => {
    const { rows } = await client.query<Key>(KEY, [ip]);
    const [key] = rows;
    const [known] = key === undefined ? [] : await knownDevices(client, [key]);
    const mac = key?.mac ?? null;
    const randomised = mac !== null && isLocallyAdministered(mac);
    const subject = known?.subject ?? `ip:${ip}`;
    const addresses = await client.query<{ ip: string }>(ADDRESSES, [subject]);
    const same = randomised
      ? await client.query<{ subject: string; because: string }>(SAME, [subject])
      : { rows: [] };
    const listed = await listedContacts(client, ip, range);
    return {
      listed,
      addresses: [...new Set([ip, ...addresses.rows.map((row) => row.ip)])],
      randomised_mac: randomised,
      perhaps_same: same.rows,
      evidence: (known?.evidence ?? []).map(({ firstSeen, lastSeen, ...finding }) => ({
        ...finding,
        first_seen: firstSeen,
        last_seen: lastSeen,
      })),
    };
  });
}

/** Names and addresses that it dealt with in the range and that lists of reputation have. */
async function listedContacts(
  client: pg.PoolClient,
  ip: string,
  range: Range,
): Promise<DeviceDetail['listed']> {
  const names = rollupOf('rollup_domain', range);
  const peers = rollupOf('rollup_pair', range);
  const within =
    'bucket >= to_timestamp($2::float8 / 1000) AND bucket < to_timestamp($3::float8 / 1000)';
  const { rows } = await client.query<DeviceDetail['listed'][number]>(
    `WITH names AS (SELECT DISTINCT domain FROM ${names.table}
        WHERE device = $1::inet AND ${within} LIMIT ${kMaxContacts}),
      peers AS (SELECT DISTINCT dest_ip AS ip FROM ${peers.table}
        WHERE src_ip = $1::inet AND ${within} LIMIT ${kMaxContacts})
    SELECT names.domain AS contact, list, entry, since FROM names
      JOIN reputation_entries AS known ON known.domain = ANY(name_and_above(names.domain))
    UNION SELECT host(peers.ip), list, entry, since FROM peers
      JOIN reputation_entries ON network >>= peers.ip
    ORDER BY 1, 2, 3 LIMIT ${kMaxListed}`,
    [ip, Math.min(names.sinceMs, peers.sinceMs), range.untilMs],
  );
  return rows;
}

export interface LabelRequest {
  readonly ip: string;
  readonly label: string | null;
  readonly type: string | null;
  readonly user: string;
}

export function labelDevice(pool: StorePool, request: LabelRequest): Promise<void> {
  const { ip, label, type, user } = request;
  return pool.withTransaction(async (client) => {
    // Else a round of the concluder that read the labels before writes its rows after, without this one.
    await client.query(LOCK_CONCLUDING);
    const { rows } = await client.query<Key>(KEY, [ip]);
    const [known] = await knownDevices(client, rows);
    if (known === undefined) throw new NetmothError('NM_NOT_FOUND', `no device ${ip} was seen`);
    if (label === null && type === null) {
      await client.query('DELETE FROM device_labels WHERE subject = $1', [known.subject]);
    } else {
      await client.query(LABEL, [known.subject, label, type, user]);
    }
    await concludeDevices(client, [known.subject]);
  });
}
