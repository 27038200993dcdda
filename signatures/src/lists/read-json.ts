/**
 * MISP events and STIX 2.1 bundles.
 *
 * Sources: MISP core format (draft-dulaunoy-misp-core-format), STIX 2.1 (OASIS, sections 4.7 and 9).
 * Invariant: what is sound but names nothing this engine sees is counted as not applicable.
 */
import { z } from 'zod';
import type { IndicatorType } from '#contracts/indicator-lists.ts';
import { withPort } from './indicator-value.ts';
import type { EntryFacts, ListSink, ListSummary } from './list-loader.ts';
import { secondsOf } from './read-text.ts';

const attribute = z.object({
  type: z.string(),
  value: z.string(),
  to_ids: z.boolean().optional(),
  deleted: z.boolean().optional(),
  category: z.string().optional(),
});
const event = z.object({
  Event: z.object({
    Attribute: z.array(attribute).optional(),
    Object: z.array(z.object({ Attribute: z.array(attribute).optional() })).optional(),
  }),
});
const misp = z.union([
  event.transform((one) => [one]),
  z.object({ response: z.array(event) }).transform(({ response }) => response),
]);
const stix = z.object({
  type: z.literal('bundle'),
  objects: z.array(z.looseObject({ type: z.string() })),
});
const stixIndicator = z.object({
  type: z.literal('indicator'),
  pattern: z.string(),
  pattern_type: z.string().optional(),
  valid_until: z.string().optional(),
  confidence: z.number().min(0).max(100).optional(),
  revoked: z.boolean().optional(),
  indicator_types: z.array(z.string()).optional(),
  labels: z.array(z.string()).optional(),
});

/** Reads a document of either format; `place` of its faults is the first line. */
export function readJsonList(text: string, sink: ListSink): ListSummary {
  const place = { line: 1, column: 1 };
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    sink.fault(place, 'LIST_FORMAT', `no JSON: ${reason.slice(0, 100)}`);
    return sink.summary(sink.spec.format ?? 'misp');
  }
  const bundle = stix.safeParse(document);
  if (bundle.success) {
    for (const object of bundle.data.objects) readStixObject(object, sink);
    return sink.summary('stix');
  }
  const events = misp.safeParse(document);
  if (!events.success) {
    sink.fault(place, 'LIST_FORMAT', 'the document is neither a MISP event nor a STIX 2.1 bundle');
    return sink.summary(sink.spec.format ?? 'misp');
  }
  for (const { Event } of events.data) {
    const objects = Event.Object ?? [];
    const attributes = [...(Event.Attribute ?? []), ...objects.flatMap((o) => o.Attribute ?? [])];
    for (const one of attributes) readAttribute(one, sink);
  }
  return sink.summary('misp');
}

const PLACE = { line: 1, column: 1 };

const MISP_TYPES: ReadonlyMap<string, IndicatorType> = new Map([
  ['ip-src', 'address'],
  ['ip-dst', 'address'],
  ['domain', 'domain'],
  ['hostname', 'domain'],
  ['url', 'url'],
  ['uri', 'url'],
  ['md5', 'file-md5'],
  ['sha256', 'file-sha256'],
  ['x509-fingerprint-sha1', 'certificate-sha1'],
  ['x509-fingerprint-sha256', 'certificate-sha256'],
  ['ja3-fingerprint-md5', 'ja3'],
  ['ja4-fingerprint', 'ja4'],
]);

function readAttribute(
  { type, value, to_ids, deleted, category }: z.infer<typeof attribute>,
  sink: ListSink,
): void {
  const facts: EntryFacts = category === undefined ? {} : { category };
  const [first = '', second = ''] = value.split('|');
  if (to_ids === false || deleted === true) {
    sink.notApplicable += 1;
  } else if (type === 'ip-dst|port' || type === 'ip-src|port') {
    sink.take(withPort(first, Number(second)), PLACE, facts);
  } else if (type === 'domain|ip') {
    sink.value(first, PLACE, facts, 'domain');
    sink.value(second, PLACE, facts, 'address');
  } else {
    const digest = /^filename\|(md5|sha256)$/.exec(type)?.[1];
    const known = MISP_TYPES.get(digest ?? type);
    if (known === undefined) sink.notApplicable += 1;
    else sink.value(digest === undefined ? value : second, PLACE, facts, known);
  }
}

const STIX_PATHS: ReadonlyMap<string, IndicatorType> = new Map([
  ['ipv4-addr:value', 'address'],
  ['ipv6-addr:value', 'address'],
  ['domain-name:value', 'domain'],
  ['url:value', 'url'],
  ['file:hashes.md5', 'file-md5'],
  ['file:hashes.sha-256', 'file-sha256'],
  ['x509-certificate:hashes.sha-1', 'certificate-sha1'],
  ['x509-certificate:hashes.sha-256', 'certificate-sha256'],
]);
/** One comparison of a pattern; what is bounded cannot backtrack over the whole. */
const COMPARISON = /^\s*([a-z0-9-]{1,40}:[\w.'-]{1,60})\s*=\s*'((?:[^'\\]|\\.)*)'\s*$/i;

function readStixObject(object: z.infer<typeof stix>['objects'][number], sink: ListSink): void {
  if (object.type !== 'indicator') return;
  const parsed = stixIndicator.safeParse(object);
  if (!parsed.success) {
    sink.fault(PLACE, 'LIST_ENTRY', 'an indicator without a pattern');
    return;
  }
  const { pattern, pattern_type = 'stix', valid_until, confidence, revoked } = parsed.data;
  const expires = valid_until === undefined ? undefined : secondsOf(valid_until);
  const [category] = [...(parsed.data.indicator_types ?? []), ...(parsed.data.labels ?? [])];
  const facts: EntryFacts = {
    ...(category !== undefined && { category }),
    ...(confidence !== undefined && { confidence: Math.round(confidence) }),
    ...(expires !== undefined && { expires }),
  };
  const values = pattern_type === 'stix' && revoked !== true ? alternatives(pattern) : undefined;
  if (values === undefined) {
    sink.notApplicable += 1;
    return;
  }
  for (const { type, value } of values) sink.value(value, PLACE, facts, type);
}

/** Values of a pattern that is nothing but alternatives, each an equality; undefined of any other. */
function alternatives(pattern: string): { type: IndicatorType; value: string }[] | undefined {
  const values: { type: IndicatorType; value: string }[] = [];
  for (const observation of pattern.trim().split(/\]\s*OR\s*\[/)) {
    const inner = observation.replace(/^\[/, '').replace(/\]$/, '');
    for (const comparison of inner.split(/\sOR\s/)) {
      const [, path = '', value = ''] = COMPARISON.exec(comparison) ?? [];
      const type = STIX_PATHS.get(path.toLowerCase().replaceAll("'", ''));
      if (type === undefined) return undefined;
      values.push({ type, value: value.replace(/\\(.)/g, '$1') });
    }
  }
  return values;
}
