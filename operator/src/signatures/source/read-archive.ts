/**
 * What a source sent, as rule files: one file, plain or gzip, or a tar archive of them.
 *
 * Invariants: never more than MAX_SOURCE_BYTES in memory, however well it was packed; of an archive only
 * rule files, Suricata's configuration files and the lists that the set names are taken; a broken archive is
 * a fault with its place.
 * Source: POSIX.1-2017, pax interchange format (ustar headers); GNU tar manual for long names.
 */
import { gunzipSync } from 'node:zlib';
import { MAX_SOURCE_BYTES, type SourceFile } from '../compile/rule-pack.ts';
import { SourceFault } from './source-fault.ts';

const kBlock = 512;
const kMaxFiles = 4_096;
const kTaken =
  /\.(?:rules|lst|list|csv|json|md5|sha1|sha256)$|(?:^|\/)(?:(?:classification|reference|threshold)\.config|categories\.txt)$/;
/** Of a header: offset and length of its fields. */
const kName = [0, 100] as const;
const kSize = [124, 12] as const;
const kType = 156;
const kMagic = [257, 5] as const;
const kPrefix = [345, 155] as const;

/** Whether the set means a file of that name, although it holds no rules. */
export type IsData = (name: string) => boolean;

/** `name` is what a single file is called in faults. */
export function sourceFiles(
  name: string,
  bytes: Uint8Array,
  isData: IsData = () => false,
): SourceFile[] {
  const plain = unpacked(bytes);
  if (plain.length > MAX_SOURCE_BYTES) throw tooLarge();
  if (!isTar(plain)) {
    return [{ name: name.replace(/\.gz$/, ''), text: textOf(plain) }];
  }
  const files = [...tarFiles(plain)]
    .map(({ name: inside, bytes: content }) => ({
      name: inside.replace(/^(?:\.?\/)+/, ''),
      bytes: content,
    }))
    .filter((file) => kTaken.test(file.name) || isData(file.name));
  if (files.length === 0) {
    throw new SourceFault('NotRules', `${name} is an archive without a file called *.rules`);
  }
  return files.map((file) => ({ name: file.name, text: textOf(file.bytes) }));
}

function unpacked(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_SOURCE_BYTES });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new SourceFault('NotRules', 'the gzip file is broken', { cause });
  }
}

export function tooLarge(): SourceFault {
  const limit = `${MAX_SOURCE_BYTES / 1_000_000} MB`;
  return new SourceFault('SourceTooLarge', `the rules are larger than ${limit}`);
}

function isTar(bytes: Uint8Array): boolean {
  return bytes.length >= kBlock && ascii(bytes, kMagic) === 'ustar';
}

interface TarFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function* tarFiles(bytes: Uint8Array): Generator<TarFile> {
  let longName: string | undefined;
  let count = 0;
  for (let at = 0; at + kBlock <= bytes.length; ) {
    const header = bytes.subarray(at, at + kBlock);
    if (header.every((byte) => byte === 0)) return;
    const size = Number.parseInt(ascii(header, kSize).trim() || '0', 8);
    const end = at + kBlock + size;
    if (!Number.isSafeInteger(size) || size < 0 || end > bytes.length) {
      throw new SourceFault('NotRules', `the tar archive is broken at byte ${at}`);
    }
    const content = bytes.subarray(at + kBlock, end);
    const type = String.fromCharCode(header[kType] ?? 0);
    if (type === 'L') longName = cString(content);
    else if (type === 'x') longName = paxPath(textOf(content)) ?? longName;
    else {
      if (type === '0' || type === '\0') {
        count += 1;
        if (count > kMaxFiles) throw new SourceFault('SourceTooLarge', 'too many files in it');
        yield { name: longName ?? headerName(header), bytes: content };
      }
      longName = undefined;
    }
    at += kBlock * (1 + Math.ceil(size / kBlock));
  }
}

function headerName(header: Uint8Array): string {
  const prefix = ascii(header, kPrefix);
  const name = ascii(header, kName);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Records of "LENGTH KEY=VALUE\n". */
function paxPath(text: string): string | undefined {
  return /^\d+ path=(.*)$/m.exec(text)?.[1];
}

function ascii(bytes: Uint8Array, [offset, length]: readonly [number, number]): string {
  return cString(bytes.subarray(offset, offset + length));
}

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOf(end === -1 ? bytes : bytes.subarray(0, end));
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
