// What is usual for a device. Invariant: what analysis remembers is read and never changed here; a memory that cannot
// be read is as none, the analysis itself tells of it.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { NetmothError } from '#contracts/errors.ts';
import type { DeviceProfile } from '#contracts/rest-profile.ts';
import {
  type HourSums,
  spanOf,
  usualOf,
  type Weighed,
  weekOf,
} from '../analysis/device-profile.ts';
import { type DeviceState, unpackState } from '../analysis/device-state.ts';
import { shardOf } from '../analysis/facts.ts';
import type { StorePool } from '../store/pool.ts';
import {
  type CandidateKind,
  SELECT_STATE,
  selectCandidates,
  selectWeek,
} from '../store/queries/profile.ts';
import { parseInput } from './request-input.ts';
import { addRoute } from './route-table.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOTHING = { contacts: 0, destinations: [], services: [], applications: [], countries: [] };
const SEEN = `SELECT host(ip) AS ip, first_seen, last_seen FROM devices WHERE ip = $1::inet`;

const paramsSchema = z.object({ ip: z.union([z.ipv4(), z.ipv6()]) });

export function installProfileRoutes(
  app: FastifyInstance,
  { pool, neededHours }: { readonly pool: StorePool; readonly neededHours: number },
): void {
  addRoute(app, 'getDeviceProfile', async (request): Promise<DeviceProfile> => {
    const { ip: given } = parseInput(paramsSchema, request.params);
    const { rows } = await pool.query<{ ip: string; first_seen: string; last_seen: string }>(SEEN, [
      given,
    ]);
    const [device] = rows;
    if (device === undefined) throw new NetmothError('NM_NOT_FOUND', `no device ${given} was seen`);
    const { ip } = device;
    const span = {
      device: ip,
      ...spanOf(Date.parse(device.first_seen), Date.parse(device.last_seen)),
    };
    const state = await stateOf(pool, ip);
    const sums = selectWeek(span);
    const hours = await pool.query<HourSums>(sums.text, sums.values);
    const weighed = async (kind: CandidateKind): Promise<readonly Weighed[]> => {
      const { text, values } = selectCandidates(kind, span);
      return (await pool.query<Weighed>(text, values)).rows;
    };
    const names = async (kind: CandidateKind) => (await weighed(kind)).map(({ name }) => name);
    return {
      ...learnedOf(state, neededHours),
      days: Math.ceil((span.untilMs - span.sinceMs) / DAY_MS),
      week: weekOf(state, { ...span, sums: hours.rows }),
      ...(state === undefined
        ? NOTHING
        : usualOf(
            state,
            {
              domains: await weighed('domains'),
              peers: await weighed('peers'),
              applications: await names('applications'),
              countries: await names('countries'),
            },
            Math.max(state.lastHour, Math.floor(span.untilMs / HOUR_MS)),
          )),
    };
  });
}

async function stateOf(pool: StorePool, ip: string): Promise<DeviceState | undefined> {
  const { rows } = await pool.query<{ state: Buffer; beacons: Buffer }>(SELECT_STATE, [
    shardOf(ip),
    ip,
  ]);
  try {
    return rows[0] === undefined ? undefined : unpackState(rows[0]);
  } catch {
    return undefined;
  }
}

function learnedOf(
  state: DeviceState | undefined,
  neededHours: number,
): Pick<DeviceProfile, 'since' | 'judged' | 'learned_hours' | 'needed_hours'> {
  const timeOf = (hour: number | undefined): string | null =>
    hour === undefined || hour < 0
      ? null
      : `${new Date(hour * HOUR_MS).toISOString().slice(0, -1)}000Z`;
  const known = state === undefined ? 0 : state.lastHour - state.firstHour + 1;
  return {
    since: timeOf(state?.firstHour),
    judged: timeOf(state?.lastHour),
    learned_hours: Math.max(0, Math.min(known, state?.taught ?? 0)),
    needed_hours: neededHours,
  };
}
