/**
 * The privacy report: what a device tells to whom, as one score with its parts.
 *
 * Source: score = 100 − 40·(bytes with trackers) − 30·min(1, owners/20) − 20·(bytes in clear text) − 10·(bytes
 * with networks that nobody names), each a share of the device's bytes; docs/detections/privacy.md.
 *
 * Invariant: pure; a device without traffic has 100. All numbers are finite.
 */
import type { PrivacyRow } from '#contracts/rest-analysis.ts';
import type { TrackerBook } from './tracker-book.ts';

export interface DeviceTraffic {
  readonly device: string;
  readonly hostname: string | null;
  readonly bytes: number;
  readonly cleartextBytes: number;
  /** Bytes with networks of the Internet that no database names; 0 without a database. */
  readonly unnamedBytes: number;
  readonly countries: readonly string[];
}

export interface DomainTraffic {
  readonly domain: string;
  readonly bytes: number;
  readonly flows: number;
}

const kTrackerPoints = 40;
const kOwnerPoints = 30;
const kFullOwners = 20;
const kCleartextPoints = 20;
const kUnknownPoints = 10;
const kShownTrackers = 20;

export function privacyOf(
  traffic: DeviceTraffic,
  domains: readonly DomainTraffic[],
  trackers: Pick<TrackerBook, 'of'>,
): PrivacyRow {
  const owners = new Set<string>();
  const found: PrivacyRow['trackers'] = [];
  let trackerBytes = 0;
  for (const { domain, bytes, flows } of domains) {
    const tracker = trackers.of(domain);
    if (tracker === undefined) continue;
    owners.add(tracker.owner);
    trackerBytes += bytes;
    found.push({ domain, ...tracker, bytes, flows });
  }
  const { device, hostname, bytes, cleartextBytes, unnamedBytes } = traffic;
  const trackerShare = shareOf(trackerBytes, bytes);
  const cleartextShare = shareOf(cleartextBytes, bytes);
  const unknownShare = shareOf(unnamedBytes, bytes);
  const lost =
    kTrackerPoints * trackerShare +
    kOwnerPoints * Math.min(1, owners.size / kFullOwners) +
    kCleartextPoints * cleartextShare +
    kUnknownPoints * unknownShare;
  return {
    ...{ device, hostname, bytes, score: Math.round(100 - lost) },
    ...{ tracker_share: trackerShare, tracker_owners: owners.size },
    ...{ cleartext_share: cleartextShare, unknown_network_share: unknownShare },
    trackers: found.sort((a, b) => b.bytes - a.bytes).slice(0, kShownTrackers),
    contacts: [...traffic.countries],
  };
}

function shareOf(part: number, whole: number): number {
  if (!(whole > 0) || !(part > 0)) return 0;
  return Math.round(Math.min(1, part / whole) * 1e4) / 1e4;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escaped = (text: string): string => text.replace(/[&<>"]/g, (each) => ESCAPES[each] ?? each);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** A page to print: no script, no picture, nothing fetched. */
export function privacyHtml(
  rows: readonly PrivacyRow[],
  { span, more }: { readonly span: string; readonly more: number },
): string {
  const sections = rows.map(
    (
      row,
    ) => `<section><h2>${escaped(row.hostname ?? row.device)} <small>${escaped(row.device)}</small></h2>
<p class="score">${row.score} of 100</p>
<table><tr><th>Bytes with trackers</th><td>${percent(row.tracker_share)}</td></tr>
<tr><th>Owners of trackers</th><td>${row.tracker_owners}</td></tr>
<tr><th>Bytes in clear text</th><td>${percent(row.cleartext_share)}</td></tr>
<tr><th>Bytes with unknown networks</th><td>${percent(row.unknown_network_share)}</td></tr>
<tr><th>Countries</th><td>${escaped(row.contacts.join(', ') || 'not known')}</td></tr></table>
${row.trackers.length === 0 ? '' : `<table><tr><th>Tracker</th><th>Owner</th><th>Kind</th><th>Bytes</th></tr>${row.trackers.map((each) => `<tr><td>${escaped(each.domain)}</td><td>${escaped(each.owner)}</td><td>${escaped(each.category)}</td><td>${each.bytes}</td></tr>`).join('')}</table>`}
</section>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Privacy report</title></head>
<body><h1>Privacy report</h1><p>${escaped(span)}</p>${
    more > 0 ? `<p>${more} more devices are not in this report.</p>` : ''
  }${sections.join('\n')}</body></html>`;
}
