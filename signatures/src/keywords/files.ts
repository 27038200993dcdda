/**
 * Tests of files that transactions carry, beside the buffers file.data, file.name and file.magic.
 *
 * Source: Suricata 8 user guide, "File Keywords": the old keywords look into those buffers without
 * regard to case. Invariant: a list of digests stands in the rule, sorted and in lower case.
 */
import { text } from '../grammar.ts';
import { ANY_VALUE } from '../model/number-test.ts';
import { type Resolve, textOf } from '../model/resolve.ts';
import type { RuleBuilder } from '../model/rule-builder.ts';
import type { OptionValue } from '../rule.ts';
import type { Keyword } from './keyword.ts';

export const FILE_PROTOCOLS = ['http', 'smtp', 'ftp-data', 'ftp', 'smb', 'nfs', 'pop3', 'imap'];

/** Most digests of one list. */
export const MAX_LISTED_DIGESTS = 1_000_000;

function contentOf(
  builder: RuleBuilder,
  buffer: string,
  value: OptionValue,
  wanted: string,
  endswith = false,
): void {
  builder.match(
    {
      type: 'content',
      pattern: new TextEncoder().encode(wanted),
      nocase: true,
      negated: value.type === 'text' && value.negated,
      endswith,
      offset: undefined,
      depth: undefined,
      distance: undefined,
      within: undefined,
      fastPattern: undefined,
    },
    buffer,
  );
}

const fileName: Resolve = (builder, value) => contentOf(builder, 'file.name', value, textOf(value));
const fileMagic: Resolve = (builder, value) =>
  contentOf(builder, 'file.magic', value, textOf(value));
const fileExtension: Resolve = (builder, value) =>
  contentOf(builder, 'file.name', value, `.${textOf(value)}`, true);

/** One digest a line, at its start; what follows it is ignored, as is a line without one. */
function digestList(digits: number): Resolve {
  const listed = new RegExp(`^[0-9a-f]{${digits}}(?![0-9a-f])`, 'i');
  return (builder, value, field) => {
    const name = textOf(value);
    const list = builder.surroundings.readList(name);
    if (list === undefined) {
      builder.fault ??= `${field}: there is no file "${name}" beside the rules`;
      return;
    }
    const digests = new Set<string>();
    for (const line of list.split('\n')) {
      const found = listed.exec(line.trimStart());
      if (found !== null) digests.add(found[0].toLowerCase());
      if (digests.size > MAX_LISTED_DIGESTS) {
        builder.fault ??= `${field}: "${name}" has more than ${MAX_LISTED_DIGESTS} digests`;
        return;
      }
    }
    const negated = value.type === 'text' && value.negated;
    const words = [...digests].sort();
    builder.tests.push({ type: 'words', field, words, negated, which: ANY_VALUE });
  };
}

function ofFiles(name: string, expected: string, resolve: Resolve): Keyword {
  return { name, kind: 'field', grammar: text(expected), protocols: FILE_PROTOCOLS, resolve };
}

export const FILE_KEYWORDS: readonly Keyword[] = [
  ofFiles('filename', 'a part of a name', fileName),
  ofFiles('fileext', 'the end of a name', fileExtension),
  ofFiles('filemagic', 'a part of what libmagic says', fileMagic),
  ofFiles('filemd5', 'a file of MD5 digests', digestList(32)),
  ofFiles('filesha1', 'a file of SHA-1 digests', digestList(40)),
  ofFiles('filesha256', 'a file of SHA-256 digests', digestList(64)),
];
