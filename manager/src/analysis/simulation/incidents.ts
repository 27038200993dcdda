/**
 * What is planted into the month: thirty incidents of the kinds that analysis promises to find, each with the
 * device, the time, and the kinds of findings that would tell it.
 */
import type { FindingKind } from '../finding.ts';
import { dnsEvent, type Event, flowEvent, otherEvent } from './events.ts';
import { type Device, MONTH_HOURS, MONTH_START_HOUR } from './month.ts';
import type { Random } from './random.ts';

export interface Incident {
  readonly name: string;
  readonly subject: string;
  readonly told: readonly FindingKind[];
  /** Hours from the start of the month. */
  readonly from: number;
  readonly to: number;
  /** Its events, by hour of the month. */
  readonly events: ReadonlyMap<number, Event[]>;
}

const kHourMs = 3_600_000;
/** Nothing before the customs are learned: the detectors of customs say nothing until then, and say so. */
const kFirstHour = 9 * 24;

type Plot = (
  random: Random,
  device: Device,
) => Omit<Incident, 'subject' | 'events'> & { events: Event[] };

const external = (random: Random): string =>
  `${random.pick([45, 91, 141, 185])}.${random.whole(256)}.${random.whole(256)}.${1 + random.whole(250)}`;

function window(random: Random, hours: number): { from: number; to: number; startMs: number } {
  const from = kFirstHour + random.whole(MONTH_HOURS - kFirstHour - hours - 2);
  return { from, to: from + hours, startMs: (MONTH_START_HOUR + from) * kHourMs };
}

const verticalScan: Plot = (random, { ip: src }) => {
  const { startMs, ...span } = window(random, 1);
  const dest = random.chance(0.5)
    ? `10.0.${1 + random.whole(3)}.${10 + random.whole(60)}`
    : external(random);
  const count = 40 + random.whole(400);
  const events = Array.from({ length: count }, (_, index) =>
    flowEvent({
      src,
      dest,
      port: 1 + ((index * 37) % 9_000),
      startMs: startMs + random.whole(3_000_000),
      how: random.chance(0.03) ? 'probe' : random.chance(0.6) ? 'reset' : 'syn',
    }),
  );
  return { name: 'vertical scan', told: ['scan_vertical'], ...span, events };
};

const horizontalScan: Plot = (random, { ip: src }) => {
  const { startMs, ...span } = window(random, 1);
  const port = random.pick([22, 23, 445, 3389, 5900]);
  const count = 25 + random.whole(220);
  const events = Array.from({ length: count }, (_, index) =>
    flowEvent({
      src,
      dest: `10.0.${1 + (index >> 8)}.${index & 255}`,
      port,
      startMs: startMs + random.whole(3_000_000),
      how: random.chance(0.12) ? 'probe' : random.chance(0.3) ? 'reset' : 'syn',
    }),
  );
  return { name: 'horizontal scan', told: ['scan_horizontal'], ...span, events };
};

const slowScan: Plot = (random, { ip: src }) => {
  const hours = 12 + random.whole(36);
  const { startMs, ...span } = window(random, hours);
  const stepMs = random.between(12, 50) * 60_000;
  const port = random.pick([22, 445, 3389, 8_080]);
  const isVertical = random.chance(0.4);
  const events = Array.from({ length: Math.floor((hours * kHourMs) / stepMs) }, (_, index) =>
    flowEvent({
      src,
      dest: isVertical ? '10.0.3.40' : `10.0.${1 + random.whole(200)}.${random.whole(256)}`,
      port: isVertical ? 20 + index * 17 : port,
      startMs: startMs + index * stepMs + random.whole(100_000),
      how: random.chance(0.05) ? 'probe' : 'syn',
    }),
  );
  return { name: 'slow scan', told: ['scan_slow'], ...span, events };
};

const beacon: Plot = (random, { ip: src }) => {
  const periodSeconds = Math.exp(random.between(Math.log(10), Math.log(6 * 3_600)));
  const hours = Math.ceil(Math.max(30, Math.min(440, (periodSeconds * 40) / 3_600)));
  const { startMs, ...span } = window(random, hours);
  const jitter = random.between(0, 0.3);
  const missed = random.between(0.05, 0.3);
  const dest = external(random);
  const domain = random.chance(0.7) ? `cdn-${random.letters(7)}.net` : undefined;
  const size = random.between(200, 3_000);
  const events: Event[] = [];
  for (
    let at = 0;
    at < hours * 3_600;
    at += periodSeconds * random.between(1 - jitter, 1 + jitter)
  ) {
    if (random.chance(missed)) continue;
    events.push(
      flowEvent({
        ...{ src, dest, port: 443, startMs: startMs + at * 1_000, app: 'tls' },
        ...{ out: size * random.between(0.9, 1.1), into: 800 },
        ...(domain === undefined ? {} : { domain }),
      }),
    );
  }
  const name = `beacon every ${Math.round(periodSeconds)} s, jitter ${Math.round(jitter * 100)} %, missed ${Math.round(missed * 100)} %`;
  return { name, told: ['beacon'], ...span, events };
};

const tunnel: Plot = (random, { ip: src }) => {
  const hours = 1 + random.whole(4);
  const { startMs, ...span } = window(random, hours);
  const domain = `${random.letters(8, 'abcdefghijklm')}.net`;
  const type = random.pick(['TXT', 'NULL', 'A', 'CNAME']);
  const events = Array.from({ length: hours * (350 + random.whole(1_000)) }, () => {
    const label = random.letters(30 + random.whole(25));
    return dnsEvent({
      src,
      name: `${label}.${random.letters(12)}.${domain}`,
      ms: startMs + random.whole(hours * kHourMs),
      type,
    });
  });
  return { name: 'DNS tunnel', told: ['dns_tunnel'], ...span, events };
};

const dga: Plot = (random, { ip: src }) => {
  const { startMs, ...span } = window(random, 1);
  const alphabet = random.chance(0.5)
    ? 'abcdefghijklmnopqrstuvwxyz'
    : 'abcdefghijklmnopqrstuvwxyz0123456789';
  const events = Array.from({ length: 60 + random.whole(300) }, () => {
    const name = `${random.letters(10 + random.whole(10), alphabet)}.${random.pick(['com', 'net', 'info', 'ru'])}`;
    return dnsEvent({ src, name, ms: startMs + random.whole(kHourMs), rcode: 'NXDOMAIN' });
  });
  return { name: 'domain generation', told: ['dga', 'nxdomain_storm'], ...span, events };
};

const exfiltration: Plot = (random, { ip: src }) => {
  const { startMs, ...span } = window(random, 1);
  const out = random.lognormal(900e6, 0.5);
  const events = [
    flowEvent({
      src,
      dest: external(random),
      port: 443,
      app: 'tls',
      startMs: startMs + 120_000,
      seconds: 1_800,
      out,
      into: out / 150,
      ...(random.chance(0.5) ? { domain: `${random.letters(8)}.io` } : {}),
    }),
  ];
  return {
    name: `exfiltration of ${Math.round(out / 1e6)} MB`,
    told: ['exfiltration', 'unusual_traffic'],
    ...span,
    events,
  };
};

const lateral: Plot = (random, { ip: src }) => {
  const { startMs, ...span } = window(random, 1);
  const port = random.pick([22, 3389, 5985, 5900]);
  const events = Array.from({ length: 1 + random.whole(5) }, () =>
    flowEvent({
      src,
      dest: `10.0.${1 + random.whole(3)}.${10 + random.whole(60)}`,
      port,
      startMs: startMs + random.whole(3_000_000),
      seconds: 200,
      out: 40_000,
      into: 90_000,
    }),
  );
  return { name: 'lateral movement', told: ['lateral_movement'], ...span, events };
};

const mining: Plot = (random, { ip: src }) => {
  const hours = 6;
  const { startMs, ...span } = window(random, hours);
  const named = random.chance(0.5);
  const dest = external(random);
  const events = Array.from({ length: hours }, (_, index) =>
    flowEvent({
      src,
      dest,
      port: named ? 443 : 3333,
      startMs: startMs + index * kHourMs,
      seconds: 3_000,
      out: 40_000,
      into: 90_000,
      ...(named ? { domain: 'eu.supportxmr.com', app: 'tls' } : {}),
    }),
  );
  return { name: 'mining', told: ['crypto_mining'], ...span, events };
};

const tor: Plot = (random, { ip: src }) => {
  const { startMs, ...span } = window(random, 2);
  const events = Array.from({ length: 4 }, () =>
    flowEvent({
      src,
      dest: external(random),
      port: 9001,
      app: 'tls',
      domain: `www.${random.letters(14, 'abcdefghijklmnop234567')}.net`,
      startMs: startMs + random.whole(kHourMs),
      seconds: 600,
      out: 200_000,
      into: 3e6,
    }),
  );
  return { name: 'Tor', told: ['tor'], ...span, events };
};

const clearText: Plot = (random, { ip: src }) => {
  const { startMs, ...span } = window(random, 1);
  const ends = { src, dest: external(random), port: 21, ms: startMs + 600_000 };
  const events = [
    otherEvent('ftp', ends, { command: 'USER', command_data: 'me' }),
    otherEvent('ftp', ends, { command: 'PASS', command_data: 'secret' }),
  ];
  return { name: 'clear-text password', told: ['cleartext_credentials'], ...span, events };
};

const fanOut: Plot = (random, { ip: src }) => {
  const { startMs, ...span } = window(random, 1);
  // A machine rented out as a proxy: hundreds of strangers, all of whom answer, and much traffic.
  const events = Array.from({ length: 500 + random.whole(500) }, () =>
    flowEvent({
      src,
      dest: external(random),
      port: 443,
      app: 'tls',
      startMs: startMs + random.whole(3_000_000),
      out: random.lognormal(150_000, 0.5),
      into: random.lognormal(200_000, 0.5),
    }),
  );
  return { name: 'fan-out', told: ['unusual_traffic', 'exfiltration'], ...span, events };
};

const PLOTS: readonly Plot[] = [
  ...[verticalScan, horizontalScan, slowScan, slowScan, beacon, beacon, beacon, beacon],
  ...[tunnel, dga, exfiltration, exfiltration, lateral, lateral, mining, tor, clearText, fanOut],
];

/** `count` incidents on different devices of people's and of things, at different times. */
export function plant(random: Random, devices: readonly Device[], count: number): Incident[] {
  const suited = devices.filter(
    ({ kind }) => kind !== 'dns' && kind !== 'mail' && kind !== 'crawler',
  );
  const free = [...suited];
  return Array.from({ length: count }, (_, index) => {
    // Every plot occurs, then by chance.
    const plot = PLOTS[index] ?? random.pick(PLOTS);
    const at = random.whole(free.length);
    const [device] = free.splice(at, 1);
    if (device === undefined) throw new Error('more incidents than devices');
    const { events, ...incident } = plot(random, device);
    const byHour = new Map<number, Event[]>();
    for (const event of events) {
      const hour = Math.floor(
        Date.parse(String(event['timestamp']).replace('+0000', 'Z')) / kHourMs,
      );
      const of = hour - MONTH_START_HOUR;
      byHour.set(of, [...(byHour.get(of) ?? []), event]);
    }
    return { ...incident, subject: device.ip, events: byHour };
  });
}
