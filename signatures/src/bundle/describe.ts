// `node signatures/src/bundle/describe.ts`: the records of a bundle as Markdown, from the very
// descriptions they are written and read by; docs/bundle.md carries this text (a test compares).
import type { Codec } from './codec.ts';
import { addressTable, dataset, group, thresholdEntry } from './group-codec.ts';
import { indicatorMeta } from './list-sections.ts';
import { rule } from './rule-codec.ts';

type AnyCodec = Codec<never>;

export function describeRecords(): string {
  const roots = [
    rule,
    group,
    thresholdEntry,
    indicatorMeta,
    dataset,
    addressTable,
  ] as unknown as readonly AnyCodec[];
  const known = new Map<string, AnyCodec>();
  for (const root of roots) collect(root, known);
  return [...known.values()].map(section).join('\n');
}

/** Depth is that of the description. */
function collect(codec: AnyCodec, known: Map<string, AnyCodec>): void {
  if (codec.inner !== undefined) {
    collect(codec.inner, known);
    return;
  }
  const { fields, cases, words, bits } = codec;
  if ((fields ?? cases ?? words ?? bits) === undefined || known.has(codec.name)) return;
  known.set(codec.name, codec);
  for (const [, field] of fields ?? []) collect(field, known);
  for (const [, , one] of cases ?? []) {
    for (const [, field] of one.fields ?? []) collect(field, known);
  }
}

function section({ name, fields, cases, words, bits }: AnyCodec): string {
  const listedWords = words ?? bits;
  if (listedWords !== undefined) {
    const rows = listedWords.map((word, at) => `${at} \`${word || ' '}\``).join(', ');
    return `**${name}** (${bits === undefined ? 'u8' : 'bits of a varint, 0 the lowest'}): ${rows}\n`;
  }
  if (cases !== undefined) {
    const rows = cases.map(([tag, type, { fields: own = [] }]) => {
      const listed = own.map(([field, codec]) => `${field}: ${codec.name}`).join('; ');
      return `| ${tag} | ${type} | ${listed} |`;
    });
    return [
      `**${name}**`,
      '',
      '| u8 | kind | fields in their order |',
      '|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  }
  const listed = (fields ?? []).map(([field, codec]) => `${field}: ${codec.name}`);
  return `**${name}**: ${listed.join('; ')}\n`;
}

if (import.meta.main) process.stdout.write(describeRecords());
