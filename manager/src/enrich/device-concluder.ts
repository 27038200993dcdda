/**
 * Brings devices up to date with what was seen of them: reads evidence and labels, concludes, writes.
 *
 * Invariants: one at a time over all managers (advisory lock of the transaction); what it has not got to stays
 * marked, so a manager that dies in the middle loses nothing; of one subject at most kEvidenceOfSubject
 * findings are kept, the oldest go.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { StorePool } from '#manager/store/pool.ts';
import { type Conclusion, conclude, type UserLabel } from './device-conclusion.ts';
import type { Attribute, Evidence } from './evidence.ts';

const kEveryMs = 5_000;
const kAtOnce = 500;
const kEvidenceOfSubject = 64;
/** Among ADVISORY_LOCKS of store/migrate.ts no other has this number. */
const kLock = 7_318_005;
/** Waits until nobody else concludes devices; holds until the transaction ends. */
export const LOCK_CONCLUDING = `SELECT pg_advisory_xact_lock(${kLock})`;

const CLAIM_EVIDENCE = `
  UPDATE device_evidence SET concluded = true
  WHERE NOT concluded AND subject IN (
    SELECT DISTINCT subject FROM device_evidence WHERE NOT concluded LIMIT $1)
  RETURNING subject`;
const CLAIM_DEVICES = `
  UPDATE devices SET concluded = true
  WHERE ip IN (SELECT ip FROM devices WHERE NOT concluded LIMIT $1)
  RETURNING host(ip) AS ip`;
const TOUCHED = `
  SELECT host(ip) AS ip, mac::text AS mac, mac_since FROM devices
  WHERE ip = ANY($1::inet[]) OR mac = ANY($2::macaddr[]) ORDER BY ip`;
const EVIDENCE = `
  SELECT subject, attribute, source, value, detail, confidence, first_seen, last_seen
  FROM device_evidence WHERE subject = ANY($1)`;
const LABELS = 'SELECT subject, label, type FROM device_labels WHERE subject = ANY($1)';
const TRIM_SUBJECTS = `
  DELETE FROM device_evidence AS old USING (
    SELECT subject, attribute, source, value,
      row_number() OVER (PARTITION BY subject ORDER BY updated_at DESC) AS place
    FROM device_evidence WHERE subject = ANY($1)) AS ranked
  WHERE ranked.place > ${kEvidenceOfSubject} AND old.subject = ranked.subject
    AND old.attribute = ranked.attribute AND old.source = ranked.source AND old.value = ranked.value`;
const WRITE = `
  UPDATE devices SET subject = fresh.subject, label = fresh.label, vendor = fresh.vendor,
    hostname = coalesce(devices.hostname, fresh.hostname),
    os = fresh.os, os_confidence = fresh.os_confidence,
    type = fresh.type, type_confidence = fresh.type_confidence
  FROM unnest($1::inet[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int2[],
      $8::text[], $9::int2[])
    AS fresh (ip, subject, label, vendor, hostname, os, os_confidence, type, type_confidence)
  WHERE devices.ip = fresh.ip`;

type EvidenceRow = Evidence & { readonly subject: string };
interface DeviceKey {
  readonly ip: string;
  readonly mac: string | null;
  readonly mac_since: string | null;
}

export interface KnownDevice {
  readonly subject: string;
  readonly evidence: readonly Evidence[];
  readonly label: UserLabel | undefined;
}

export interface DeviceConcluderOptions {
  readonly pool: StorePool;
  readonly log: Logger;
}

export class DeviceConcluder {
  readonly #options: DeviceConcluderOptions;

  constructor(options: DeviceConcluderOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    let failing = false;
    while (!signal.aborted) {
      let many = 0;
      try {
        many = await this.once();
        failing = false;
      } catch (error) {
        if (!failing)
          this.#options.log.error({ err: error }, 'devices cannot be concluded, retrying');
        failing = true;
      }
      if (many < kAtOnce) await sleep(kEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Devices written; 0 where another manager is at it. */
  once(): Promise<number> {
    return this.#options.pool.withTransaction(async (client) => {
      const { rows: locks } = await client.query<{ mine: boolean }>(
        'SELECT pg_try_advisory_xact_lock($1) AS mine',
        [kLock],
      );
      if (locks[0]?.mine !== true) return 0;
      const evidence = await client.query<{ subject: string }>(CLAIM_EVIDENCE, [kAtOnce]);
      const devices = await client.query<{ ip: string }>(CLAIM_DEVICES, [kAtOnce]);
      const subjects = [...new Set(evidence.rows.map(({ subject }) => subject))];
      await client.query(TRIM_SUBJECTS, [subjects]);
      const ips = devices.rows.map(({ ip }) => ip);
      return concludeDevices(client, [...subjects, ...ips.map((ip) => `ip:${ip}`)]);
    });
  }
}

/** Of all addresses that have one of these subjects; how many there were. */
export async function concludeDevices(
  client: Pick<pg.ClientBase, 'query'>,
  subjects: readonly string[],
): Promise<number> {
  const keys = await touched(client, subjects);
  if (keys.length === 0) return 0;
  const known = await knownDevices(client, keys);
  const rows = keys.map((key, index) => {
    const { subject, evidence, label } = known[index] ?? { subject: `ip:${key.ip}`, evidence: [] };
    return { ip: key.ip, subject, label, ...conclude(evidence, label) };
  });
  const confidence = (found: Conclusion | undefined): number | null => found?.confidence ?? null;
  await client.query(WRITE, [
    rows.map(({ ip }) => ip),
    rows.map(({ subject }) => subject),
    rows.map(({ label }) => label?.label ?? null),
    rows.map(({ vendor }) => vendor?.value ?? null),
    rows.map(({ hostname }) => hostname?.value ?? null),
    rows.map(({ os }) => (os === undefined ? null : `${os.value} ${os.detail}`.trim())),
    rows.map(({ os }) => confidence(os)),
    rows.map(({ type }) => type?.value ?? null),
    rows.map(({ type }) => confidence(type)),
  ]);
  return rows.length;
}

async function touched(
  client: Pick<pg.ClientBase, 'query'>,
  subjects: readonly string[],
): Promise<readonly DeviceKey[]> {
  const after = (prefix: string): string[] =>
    subjects.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
  const { rows } = await client.query<DeviceKey>(TOUCHED, [after('ip:'), after('mac:')]);
  return rows;
}

/** What is known of each, in the same order. */
export async function knownDevices(
  client: Pick<pg.ClientBase, 'query'>,
  keys: readonly DeviceKey[],
): Promise<readonly KnownDevice[]> {
  const wanted = keys.flatMap(({ ip, mac }) => [
    `ip:${ip}`,
    ...(mac === null ? [] : [`mac:${mac}`]),
  ]);
  const { rows } = await client.query<EvidenceRow & Record<string, unknown>>(EVIDENCE, [wanted]);
  const bySubject = Map.groupBy(
    rows.map((row) => ({
      subject: row.subject,
      attribute: row.attribute as Attribute,
      source: row.source,
      value: row.value,
      detail: row.detail,
      confidence: row.confidence,
      firstSeen: String(row['first_seen']),
      lastSeen: String(row['last_seen']),
    })),
    (row) => row.subject,
  );
  const labels = await client.query<UserLabel & { subject: string }>(LABELS, [wanted]);
  const labelOf = new Map(labels.rows.map((row) => [row.subject, row]));
  return keys.map((key) => knownOf(key, bySubject, labelOf));
}

function knownOf(
  { ip, mac, mac_since }: DeviceKey,
  bySubject: ReadonlyMap<string, readonly Evidence[]>,
  labelOf: ReadonlyMap<string, UserLabel>,
): KnownDevice {
  const ofIp = bySubject.get(`ip:${ip}`) ?? [];
  const ofMac = mac === null ? [] : (bySubject.get(`mac:${mac}`) ?? []);
  const isGateway = [...ofIp, ...ofMac].some(({ source }) => source === 'dhcp.routers');
  const routed = ofMac.some(({ source }) => source === 'ether.routes') && !isGateway;
  const ipLabel = labelOf.get(`ip:${ip}`);
  if (mac === null || routed) return { subject: `ip:${ip}`, evidence: ofIp, label: ipLabel };
  // Before this machine had the address another may have had it.
  const since = mac_since === null ? Number.NEGATIVE_INFINITY : Date.parse(mac_since);
  const own = ofIp.filter(({ lastSeen }) => !(Date.parse(lastSeen) < since));
  return {
    subject: `mac:${mac}`,
    evidence: [...ofMac, ...own],
    label: labelOf.get(`mac:${mac}`) ?? ipLabel,
  };
}
