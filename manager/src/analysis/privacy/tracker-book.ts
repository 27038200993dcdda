/**
 * Which domains belong to trackers, advertisers and those who measure, and to whom.
 *
 * Two sources: the owners below, collected by us from the companies' own documents, and lists that the user gives
 * by path (EasyPrivacy, EasyList: easylist.to, GPL 3 or CC BY-SA 3.0; updated by the user, none is shipped). A list
 * is read again when its file changes; one that cannot be read leaves what was read before and is told, once.
 *
 * Invariant: a domain counts for itself and for what is below it. Bounds: kMaxEntries, kMaxFileBytes.
 */
import { readFile, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { registeredOf } from '../destinations.ts';

export interface Tracker {
  readonly owner: string;
  readonly category: string;
}

const kMaxEntries = 500_000;
const kMaxFileBytes = 64 * 1024 * 1024;
/** Of a list of filters a line that is a name may be a piece of any address. */
const FILTERS = /^\s*\[adblock/i;
/** A name on its own line, or one behind the address that a hosts file gives to what is blocked. */
const PLAIN_NAME =
  /^(?:(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+)?([a-z0-9_][a-z0-9_.-]*\.[a-z][a-z0-9-]+)\.?$/;
/** `||tracker.example^` with whatever options follow: a whole domain (Adblock Plus filter syntax). */
const WHOLE_DOMAIN = /^\|\|([a-z0-9][a-z0-9.-]*\.[a-z0-9-]{2,})\^(?:\$(.*))?$/;
/** Options that make a rule of one site or one way of use only. */
const NARROW = /(^|,)(domain=|~third-party)/;

const OWNERS: readonly (readonly [owner: string, category: string, domains: string])[] = [
  [
    'Google',
    'advertising',
    'doubleclick.net googleadservices.com googlesyndication.com admob.com 2mdn.net',
  ],
  [
    'Google',
    'analytics',
    'google-analytics.com googletagmanager.com app-measurement.com crashlytics.com',
  ],
  ['Meta', 'social', 'facebook.net fbcdn.net connect.facebook.com graph.facebook.com'],
  ['Microsoft', 'advertising', 'bat.bing.com adnxs.com clarity.ms ads.microsoft.com'],
  ['Amazon', 'advertising', 'amazon-adsystem.com'],
  ['Adobe', 'analytics', 'demdex.net omtrdc.net 2o7.net everesttech.net'],
  ['Criteo', 'advertising', 'criteo.com criteo.net'],
  ['Oracle', 'advertising', 'bluekai.com addthis.com moatads.com'],
  ['Comscore', 'analytics', 'scorecardresearch.com'],
  ['Nielsen', 'analytics', 'imrworldwide.com'],
  ['The Trade Desk', 'advertising', 'adsrvr.org'],
  ['Taboola', 'advertising', 'taboola.com'],
  ['Outbrain', 'advertising', 'outbrain.com'],
  ['Magnite', 'advertising', 'rubiconproject.com'],
  ['PubMatic', 'advertising', 'pubmatic.com'],
  ['Index Exchange', 'advertising', 'casalemedia.com'],
  ['OpenX', 'advertising', 'openx.net'],
  ['Quantcast', 'analytics', 'quantserve.com'],
  ['Yandex', 'analytics', 'mc.yandex.ru an.yandex.ru'],
  ['TikTok', 'advertising', 'analytics.tiktok.com byteoversea.com'],
  ['AppsFlyer', 'analytics', 'appsflyer.com'],
  ['Adjust', 'analytics', 'adjust.com adjust.io'],
  ['Branch', 'analytics', 'branch.io app.link'],
  ['Amplitude', 'analytics', 'amplitude.com'],
  ['Mixpanel', 'analytics', 'mixpanel.com'],
  ['Segment', 'analytics', 'segment.io segment.com'],
  ['Hotjar', 'analytics', 'hotjar.com'],
  ['New Relic', 'analytics', 'nr-data.net'],
  ['Samsung', 'analytics', 'samsungacr.com samsungads.com'],
  ['Roku', 'analytics', 'logs.roku.com ads.roku.com'],
  ['LG', 'advertising', 'lgsmartad.com'],
  ['Vizio', 'analytics', 'tvinteractive.tv inscape.tv'],
  ['AppLovin', 'advertising', 'applovin.com'],
  ['Unity', 'advertising', 'unityads.unity3d.com'],
];

export class TrackerBook {
  readonly #files: readonly string[];
  readonly #read = new Map<string, { changedMs: number; domains: readonly string[] }>();
  #byDomain = ownTrackers();

  readonly #log: Pick<Logger, 'warn' | 'info'> | undefined;
  readonly #faults = new Map<string, string>();
  #refreshing: Promise<void> | undefined;

  constructor(files: readonly string[] = [], log?: Pick<Logger, 'warn' | 'info'>) {
    this.#files = files;
    this.#log = log;
  }

  /** Whose the domain is, or the one above it; undefined where it is no tracker that we know. */
  of(domain: string): Tracker | undefined {
    for (let at = 0; at !== -1; ) {
      const tracker = this.#byDomain.get(domain.slice(at));
      if (tracker !== undefined) return tracker;
      const dot = domain.indexOf('.', at);
      at = dot === -1 ? -1 : dot + 1;
    }
    return undefined;
  }

  /** Files that give nothing new, and why. */
  troubles(): readonly { readonly path: string; readonly trouble: string }[] {
    return [...this.#faults].map(([path, trouble]) => ({ path, trouble }));
  }

  /** Reads the files that changed since. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#readChanged().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #readChanged(): Promise<void> {
    let changed = false;
    for (const file of this.#files) {
      try {
        const { mtimeMs, size } = await stat(file);
        if (this.#read.get(file)?.changedMs !== mtimeMs) {
          if (size > kMaxFileBytes) throw new Error(`has more than ${kMaxFileBytes} bytes`);
          const domains = domainsOf(await readFile(file, 'utf8'));
          this.#read.set(file, { changedMs: mtimeMs, domains });
          changed = true;
        }
        const empty = this.#read.get(file)?.domains.length === 0;
        this.#tell(file, empty ? 'no whole domain and no name is in it' : undefined);
      } catch (error) {
        this.#tell(file, error instanceof Error ? error.message : String(error));
      }
    }
    if (changed) this.#byDomain = this.#merged();
  }

  /** Reports come often: what is wrong with a file is said when it begins, and when it is over. */
  #tell(file: string, fault: string | undefined): void {
    const before = this.#faults.get(file);
    if (before === fault) return;
    if (fault === undefined) {
      this.#faults.delete(file);
      this.#log?.info({ file }, 'a list of trackers is read again');
    } else {
      this.#faults.set(file, fault);
      this.#log?.warn({ file, reason: fault }, 'a list of trackers gives nothing new');
    }
  }

  #merged(): Map<string, Tracker> {
    const merged = ownTrackers();
    for (const [file, { domains }] of this.#read) {
      const category = /privacy/i.test(file) ? 'tracking' : 'advertising';
      for (const domain of domains) {
        if (merged.size >= kMaxEntries) return merged;
        if (!merged.has(domain)) merged.set(domain, { owner: registeredOf(domain), category });
      }
    }
    return merged;
  }
}

function ownTrackers(): Map<string, Tracker> {
  const trackers = new Map<string, Tracker>();
  for (const [owner, category, domains] of OWNERS) {
    for (const domain of domains.split(' ')) trackers.set(domain, { owner, category });
  }
  return trackers;
}

/** The whole domains that a list of Adblock Plus filters blocks, or the names of a plain list. */
export function domainsOf(text: string): string[] {
  const domains: string[] = [];
  const isPlain = !FILTERS.test(text);
  for (const each of text.split('\n')) {
    const line = each.trim().toLowerCase();
    const [, domain, options = ''] = WHOLE_DOMAIN.exec(line) ?? [];
    const name = isPlain ? PLAIN_NAME.exec(line.replace(/\s*#.*$/, ''))?.[1] : undefined;
    if (domain !== undefined && !NARROW.test(options)) domains.push(domain);
    else if (name !== undefined) domains.push(name);
    if (domains.length >= kMaxEntries) break;
  }
  return domains;
}
