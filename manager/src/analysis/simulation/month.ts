/**
 * A month of a network of 200 devices, hour by hour: what each kind of device does, with the bursts, backups,
 * failures and heartbeats that real ones have, and none of what detectors look for beyond that.
 *
 * Everything follows from the seed. Times are UTC; the month begins on a Monday.
 */
import { dnsEvent, type Event, flowEvent, otherEvent } from './events.ts';
import { Random } from './random.ts';

export const MONTH_HOURS = 30 * 24;
/** 2026-10-05, a Monday. */
export const MONTH_START_HOUR = Math.floor(Date.UTC(2026, 9, 5) / 3_600_000);
const kHourMs = 3_600_000;

export const DEVICE_KINDS = {
  workstation: 96,
  phone: 40,
  printer: 8,
  camera: 14,
  television: 8,
  sensor: 14,
  server: 14,
  dns: 1,
  mail: 1,
  crawler: 2,
  nas: 2,
} as const;
export type DeviceKind = keyof typeof DEVICE_KINDS;

export interface Device {
  readonly ip: string;
  readonly kind: DeviceKind;
  /** Its own habits. */
  readonly pace: number;
  readonly sites: number;
  readonly vendor: string;
  readonly backupDay: number;
  readonly ja4: string;
}

const kSites = 4_000;
const kServers = ['10.0.0.10', '10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.14'];

export function makeDevices(random: Random): Device[] {
  const devices: Device[] = [];
  for (const [kind, count] of Object.entries(DEVICE_KINDS) as [DeviceKind, number][]) {
    for (let each = 0; each < count; each++) {
      const number = devices.length;
      devices.push({
        kind,
        ip: kind === 'dns' ? '10.0.0.2' : `10.0.${1 + (number >> 6)}.${10 + (number & 63)}`,
        pace: random.lognormal(1, 0.4),
        sites: random.whole(kSites),
        vendor: `${kind}-cloud${random.whole(3)}.com`,
        backupDay: random.whole(7),
        ja4: `t13d${1_500 + random.whole(40)}h2_8daaf6152771_${random.letters(12)}`,
      });
    }
  }
  return devices;
}

export function siteName(index: number): string {
  return `www.site${index}.${index % 5 === 0 ? 'org' : 'com'}`;
}

export function siteAddress(index: number): string {
  return `93.${(index >> 8) & 63}.${index & 255}.${1 + ((index * 7) % 250)}`;
}

/** How awake people are, 0 to 1. */
function awake(hour: number, kind: DeviceKind): number {
  const ofDay = hour % 24;
  const weekend = Math.floor((hour - MONTH_START_HOUR) / 24) % 7 >= 5;
  if (kind === 'workstation') {
    if (weekend) return ofDay >= 9 && ofDay < 18 ? 0.04 : 0.01;
    return ofDay >= 8 && ofDay < 18 ? 1 : ofDay >= 18 && ofDay < 21 ? 0.15 : 0.02;
  }
  if (kind === 'television') return ofDay >= 18 && ofDay < 23 ? 1 : 0.02;
  return ofDay >= 7 && ofDay < 23 ? 1 : 0.1;
}

export interface MonthOptions {
  /** Flows of a busy hour of a workstation. */
  readonly flowsPerHour: number;
}

export class Month {
  readonly devices: readonly Device[];
  readonly #random: Random;
  readonly #options: MonthOptions;

  constructor(seed: number, options: MonthOptions) {
    this.#random = new Random(seed);
    this.#options = options;
    this.devices = makeDevices(this.#random);
  }

  /** All of the network's own events of an hour; `index` counts from the start of the month. */
  hour(index: number): Event[] {
    const hour = MONTH_START_HOUR + index;
    return this.devices.flatMap((device) => [...this.#deviceHour(device, hour)]);
  }

  *#deviceHour(device: Device, hour: number): Generator<Event> {
    const startMs = hour * kHourMs;
    const random = this.#random;
    const life = awake(hour, device.kind) * device.pace;
    switch (device.kind) {
      case 'workstation':
      case 'phone':
        yield* this.#browse(device, startMs, life * this.#options.flowsPerHour);
        yield* this.#office(device, startMs, life);
        yield* this.#updates(device, startMs);
        if (hour % 24 === 22 && Math.floor(hour / 24) % 7 === device.backupDay) {
          yield this.#backup(device, startMs, random.lognormal(150e6, 0.5));
        }
        break;
      case 'television':
        for (let n = random.poisson(3 * life); n > 0; n--) {
          yield this.#toSite(device, startMs, {
            site: random.whole(8),
            into: random.lognormal(3e8, 0.7),
          });
        }
        yield* this.#heartbeat(device, startMs, 900);
        break;
      case 'camera':
        yield* this.#heartbeat(device, startMs, 240);
        yield flowEvent({
          ...{
            src: device.ip,
            dest: '198.51.100.20',
            port: 443,
            startMs: startMs + 60_000,
            seconds: 3_000,
          },
          ...{
            domain: `media.${device.vendor}`,
            app: 'tls',
            into: 200_000,
            out: random.lognormal(80e6, 0.15),
          },
        });
        break;
      case 'sensor':
        yield* this.#heartbeat(device, startMs, 600);
        break;
      case 'printer':
        for (let n = random.poisson(0.5 * awake(hour, 'workstation')); n > 0; n--) {
          yield this.#internal(device, startMs, random.pick(kServers), 445);
        }
        break;
      case 'server':
      case 'nas':
        yield* this.#updates(device, startMs);
        for (let n = random.poisson(4); n > 0; n--) {
          yield this.#internal(
            device,
            startMs,
            random.pick(kServers),
            random.pick([5432, 443, 6379]),
          );
        }
        if (hour % 24 === 2) yield this.#backup(device, startMs, random.lognormal(2e9, 0.2));
        break;
      case 'dns':
        yield* this.#resolve(device, startMs, random.poisson(30));
        break;
      case 'mail':
        yield* this.#mail(device, startMs);
        break;
      case 'crawler':
        yield* this.#crawl(device, startMs, random.poisson(60));
    }
  }

  #at(startMs: number): number {
    return startMs + this.#random.whole(kHourMs - 1_000);
  }

  *#browse(device: Device, startMs: number, mean: number): Generator<Event> {
    const random = this.#random;
    for (let left = random.poisson(mean); left > 0; ) {
      // People read in sittings: some sites, each with several connections within seconds.
      const site = random.chance(0.75)
        ? (device.sites + random.skewed(40)) % kSites
        : random.skewed(kSites);
      const at = this.#at(startMs);
      for (let n = 1 + random.whole(6); n > 0 && left > 0; n--, left--) {
        yield* this.#visit(device, at + random.whole(20_000), site);
      }
    }
  }

  *#visit(device: Device, ms: number, site: number): Generator<Event> {
    const random = this.#random;
    const { ip: src, ja4 } = device;
    const domain = siteName(site);
    if (random.chance(0.5)) yield dnsEvent({ src, name: domain, ms: ms - 30 });
    if (random.chance(0.01)) {
      const name = random.chance(0.5) ? `${domain}.corp-lan.com` : `wwww${domain}`;
      yield dnsEvent({ src, name, ms });
      yield dnsEvent({ src, name, ms, rcode: 'NXDOMAIN' });
    }
    const dest = siteAddress(site);
    if (random.chance(0.015)) {
      yield flowEvent({
        src,
        dest,
        port: 443,
        startMs: ms,
        domain,
        how: random.chance(0.5) ? 'syn' : 'reset',
      });
      return;
    }
    const into = random.chance(0.01) ? random.lognormal(60e6, 1) : random.lognormal(30_000, 1.5);
    const out = random.chance(0.003) ? random.lognormal(2e6, 1) : random.lognormal(3_000, 0.8);
    yield flowEvent({
      src,
      dest,
      port: 443,
      startMs: ms,
      seconds: random.whole(60),
      domain,
      app: 'tls',
      into,
      out,
    });
    if (random.chance(0.1)) {
      yield otherEvent('tls', { src, dest, port: 443, ms }, { sni: domain, ja4 });
    }
  }

  #toSite(device: Device, startMs: number, of: { site: number; into: number }): Event {
    const { site, into } = of;
    return flowEvent({
      ...{ src: device.ip, dest: siteAddress(site), port: 443, startMs: this.#at(startMs) },
      ...{ seconds: 300, domain: siteName(site), app: 'tls', into, out: into / 60 },
    });
  }

  *#office(device: Device, startMs: number, life: number): Generator<Event> {
    if (device.kind !== 'workstation') return;
    const random = this.#random;
    for (let n = random.poisson(3 * life); n > 0; n--) {
      const port = random.pick([445, 443, 443, 80, 631]);
      yield this.#internal(device, startMs, random.pick(kServers), port);
    }
    // A video call now and then.
    if (random.chance(0.05 * life)) {
      yield flowEvent({
        ...{ src: device.ip, dest: '203.0.113.80', port: 3478, proto: 'UDP', app: 'stun' },
        ...{ startMs: this.#at(startMs), seconds: 1_500 },
        ...{ out: random.lognormal(150e6, 0.4), into: random.lognormal(200e6, 0.4) },
      });
    }
  }

  #internal(device: Device, startMs: number, dest: string, port: number): Event {
    const random = this.#random;
    const [out, into] = [random.lognormal(20_000, 1.2), random.lognormal(100_000, 1.5)];
    return flowEvent({ src: device.ip, dest, port, startMs: this.#at(startMs), out, into });
  }

  *#updates(device: Device, startMs: number): Generator<Event> {
    const random = this.#random;
    const base = { src: device.ip, dest: '198.51.100.10', port: 443, app: 'tls' } as const;
    const startMs2 = startMs + random.whole(600_000);
    yield flowEvent({
      ...base,
      domain: 'update.os-vendor.com',
      startMs: startMs2,
      out: 2_000,
      into: 6_000,
    });
    yield flowEvent({
      ...base,
      dest: '198.51.100.123',
      port: 123,
      proto: 'UDP',
      app: 'ntp',
      startMs,
      out: 90,
      into: 90,
    });
    if (random.chance(0.004)) {
      const into = random.lognormal(4e8, 0.6);
      yield flowEvent({
        ...base,
        domain: 'download.os-vendor.com',
        startMs: startMs2,
        out: into / 80,
        into,
      });
    }
  }

  #backup(device: Device, startMs: number, out: number): Event {
    return flowEvent({
      ...{ src: device.ip, dest: '198.51.100.30', port: 443, app: 'tls', into: out / 200, out },
      ...{ domain: 'upload.backup-cloud.com', startMs: this.#at(startMs), seconds: 400 },
    });
  }

  /** Things call their makers: a clock, though a harmless one. */
  *#heartbeat(device: Device, startMs: number, seconds: number): Generator<Event> {
    const random = this.#random;
    for (let at = random.whole(seconds); at < 3_600; at += seconds * random.between(0.8, 1.2)) {
      yield flowEvent({
        ...{ src: device.ip, dest: '198.51.100.40', port: 443, startMs: startMs + at * 1_000 },
        ...{
          domain: `hub.${device.vendor}`,
          app: 'tls',
          out: random.between(800, 1_200),
          into: 900,
        },
      });
    }
  }

  *#resolve(device: Device, startMs: number, count: number): Generator<Event> {
    const random = this.#random;
    for (let n = count; n > 0; n--) {
      const dest = `${20 + random.whole(70)}.${random.whole(256)}.${random.whole(256)}.53`;
      const how = random.chance(0.12) ? 'syn' : 'data';
      yield flowEvent({
        src: device.ip,
        dest,
        port: 53,
        proto: 'UDP',
        app: 'dns',
        startMs: this.#at(startMs),
        how,
        out: 80,
        into: 200,
      });
    }
  }

  *#mail(device: Device, startMs: number): Generator<Event> {
    const random = this.#random;
    for (let n = random.poisson(20); n > 0; n--) {
      const ms = this.#at(startMs);
      const address = [random.whole(256), random.whole(256), random.whole(256), 93].join('.');
      yield dnsEvent({ src: device.ip, name: `${address}.zen.dnsbl-list.org`, ms });
      yield dnsEvent({
        src: device.ip,
        name: `${address}.zen.dnsbl-list.org`,
        ms,
        rcode: 'NXDOMAIN',
      });
      const site = random.skewed(kSites);
      const how = random.chance(0.1) ? 'syn' : 'data';
      yield flowEvent({
        src: device.ip,
        dest: siteAddress(site),
        port: 25,
        app: 'smtp',
        startMs: ms,
        how,
        out: random.lognormal(40_000, 1),
        into: 2_000,
      });
    }
  }

  *#crawl(device: Device, startMs: number, count: number): Generator<Event> {
    const random = this.#random;
    for (let n = count; n > 0; n--) {
      const site = random.whole(200_000);
      const dest = `${60 + (site >> 16)}.${(site >> 8) & 255}.${site & 255}.9`;
      const ms = this.#at(startMs);
      const name = `crawled${site}.com`;
      yield dnsEvent({ src: device.ip, name, ms });
      if (random.chance(0.08)) yield dnsEvent({ src: device.ip, name, ms, rcode: 'NXDOMAIN' });
      const how = random.chance(0.15) ? 'syn' : 'data';
      yield flowEvent({
        src: device.ip,
        dest,
        port: 443,
        domain: name,
        app: 'tls',
        startMs: ms,
        how,
        into: random.lognormal(50_000, 1),
      });
    }
  }
}
