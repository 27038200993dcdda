/**
 * What is concluded of a device from all that was seen of it.
 *
 * Invariants: a pure function; independent sources that agree add up as 1 - (1 - a)(1 - b), the same source
 * counts once; what a person says wins with 100. A general system (Linux) supports the special ones that are
 * built on it (Android) with half its weight.
 */
import type { Attribute, Evidence } from './evidence.ts';
import { hintOf, VENDOR_HINTS } from './type-hints.ts';

export interface Conclusion {
  readonly value: string;
  readonly detail: string;
  /** 0 to 100 */
  readonly confidence: number;
}

export interface DeviceConclusions {
  readonly hostname: Conclusion | undefined;
  readonly os: Conclusion | undefined;
  readonly type: Conclusion | undefined;
  readonly vendor: Conclusion | undefined;
}

export interface UserLabel {
  readonly label: string | null;
  readonly type: string | null;
}

const BUILT_ON: Readonly<Record<string, readonly string[]>> = {
  Linux: ['Android', 'ChromeOS', 'embedded'],
  Apple: ['iOS', 'macOS'],
};
/** What a system says of the kind. */
const TYPE_OF_OS: Readonly<Record<string, readonly [type: string, confidence: number]>> = {
  iOS: ['phone', 70],
  Android: ['phone', 55],
  macOS: ['laptop', 55],
  ChromeOS: ['laptop', 60],
  Windows: ['laptop', 40],
  embedded: ['IoT', 40],
  'Cisco IOS': ['router', 60],
  Junos: ['router', 60],
};

export function conclude(
  evidence: readonly Evidence[],
  label: UserLabel | undefined,
): DeviceConclusions {
  const of = (attribute: Attribute): Weighed[] =>
    evidence.filter((each) => each.attribute === attribute);
  const vendor = heaviest(of('vendor'));
  const os = heaviest(supported(of('os')));
  const types = [...of('type'), ...typesBy(os, vendor)];
  return {
    hostname: label?.label ? said(label.label) : heaviest(of('hostname')),
    os,
    vendor,
    type: label?.type ? said(label.type) : heaviest(types),
  };
}

/** As much of an Evidence as is weighed. */
type Weighed = Pick<Evidence, 'source' | 'value' | 'detail' | 'confidence'>;

function said(value: string): Conclusion {
  return { value, detail: 'said by a person', confidence: 100 };
}

/** General findings count for the special values that others brought up. */
function supported(findings: readonly Weighed[]): Weighed[] {
  const values = new Set(findings.map(({ value }) => value));
  const more = findings.flatMap((finding) =>
    (BUILT_ON[finding.value] ?? [])
      .filter((special) => values.has(special))
      .map((value) => ({ ...finding, value, confidence: finding.confidence / 2, detail: '' })),
  );
  return [...findings, ...more];
}

function typesBy(os: Conclusion | undefined, vendor: Conclusion | undefined): Weighed[] {
  const found: Weighed[] = [];
  const [type, weight] = TYPE_OF_OS[os?.value ?? ''] ?? [];
  if (type !== undefined && weight !== undefined && os !== undefined) {
    const confidence = (weight * os.confidence) / 100;
    found.push({ source: 'os', value: type, detail: os.value, confidence });
  }
  const hint = vendor === undefined ? undefined : hintOf(VENDOR_HINTS, vendor.value);
  if (hint !== undefined && vendor !== undefined) {
    const { confidence } = hint;
    found.push({ source: 'vendor', value: hint.type, detail: vendor.value, confidence });
  }
  return found;
}

function heaviest(findings: readonly Weighed[]): Conclusion | undefined {
  let best: Conclusion | undefined;
  for (const [value, own] of Map.groupBy(findings, (finding) => finding.value)) {
    const confidence = Math.round(100 * (1 - doubt(own)));
    if (best !== undefined && best.confidence >= confidence) continue;
    const strongest = own.reduce((a, b) =>
      b.detail !== '' && b.confidence > a.confidence ? b : a,
    );
    best = { value, detail: strongest.detail, confidence };
  }
  return best;
}

/** How likely all of them are wrong; of each source the surest. */
function doubt(findings: readonly Weighed[]): number {
  const surest = new Map<string, number>();
  for (const { source, confidence } of findings) {
    const bounded = Number.isFinite(confidence) ? Math.min(Math.max(confidence, 0), 99) : 0;
    surest.set(source, Math.max(surest.get(source) ?? 0, bounded));
  }
  return [...surest.values()].reduce((left, confidence) => left * (1 - confidence / 100), 1);
}
