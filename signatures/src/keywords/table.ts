/**
 * The one table of keywords, looked up by name or alias.
 *
 * Invariant: a name stands in it once (a test counts).
 */
import { APPLICATION } from './application.ts';
import { BUFFER_KEYWORDS } from './buffers.ts';
import { FILE_KEYWORDS } from './files.ts';
import type { Keyword } from './keyword.ts';
import { META } from './meta.ts';
import { PACKET } from './packet.ts';
import { PAYLOAD, TRANSFORMS } from './payload.ts';

export const KEYWORDS: readonly Keyword[] = [
  ...META,
  ...PAYLOAD,
  ...TRANSFORMS,
  ...PACKET,
  ...BUFFER_KEYWORDS,
  ...APPLICATION,
  ...FILE_KEYWORDS,
];

const BY_NAME: ReadonlyMap<string, Keyword> = new Map(
  KEYWORDS.flatMap((keyword) =>
    [keyword.name, ...(keyword.aliases ?? [])].map((name) => [name, keyword] as const),
  ),
);

export const KEYWORD_NAMES: readonly string[] = [...BY_NAME.keys()];

export function keywordOf(name: string): Keyword | undefined {
  return BY_NAME.get(name);
}
