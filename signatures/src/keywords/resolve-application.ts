/** What fields of application protocols mean where their argument is more than a number or a word. */
import { ANY_VALUE, numberTestOf } from '../model/number-test.ts';
import { type Resolve, testList, textOf } from '../model/resolve.ts';
import { type NumberTest, OPEN_END, type Range } from '../model/rule-model.ts';

/** A handshake is told once, when both hellos are known: which of them there were. */
export const handshakeState: Resolve = (builder, value, field) => {
  const unknown = textOf(value)
    .split(/[,|]/)
    .map((part) => part.trim().replace(/^!\s*/, ''))
    .find((word) => word !== 'client_hello' && word !== 'server_hello');
  if (unknown !== undefined) {
    builder.fault ??= `${field}: "${unknown}" is not followed; known: client_hello, server_hello`;
    return;
  }
  testList(builder, value, field);
};

/** RFC 9113 section 6.5.2. */
const HTTP2_SETTINGS: Readonly<Record<string, number>> = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
};

export const HTTP2_SETTING = /^SETTINGS_([A-Z_]+)\s*([<>=!]*\s*\d{1,10}(?:\s*-\s*\d{1,10})?)?$/;

/** `SETTINGS_ENABLE_PUSH=0`: the setting's number becomes part of the field. */
export const http2Setting: Resolve = (builder, value, field) => {
  const [, name = '', comparison = '>=0'] = HTTP2_SETTING.exec(textOf(value)) ?? [];
  const id = HTTP2_SETTINGS[name];
  if (id === undefined) {
    const known = Object.keys(HTTP2_SETTINGS).map((each) => `SETTINGS_${each}`);
    builder.fault ??= `${field}: no setting is called "SETTINGS_${name}"; known: ${known.join(', ')}`;
    return;
  }
  const test = numberTestOf(comparison);
  builder.tests.push({ type: 'number', field: `${field}.${id}`, test, which: ANY_VALUE });
};

/** IANA "Kerberos Encryption Type Numbers", as RFC 3961 and its successors spell them. */
const ENCRYPTION_TYPES: Readonly<Record<string, number>> = {
  'des-cbc-crc': 1,
  'des-cbc-md4': 2,
  'des-cbc-md5': 3,
  'des3-cbc-md5': 5,
  'des3-cbc-sha1': 7,
  'dsawithsha1-cmsoid': 9,
  'md5withrsaencryption-cmsoid': 10,
  'sha1withrsaencryption-cmsoid': 11,
  'rc2cbc-envoid': 12,
  'rsaencryption-envoid': 13,
  'rsaes-oaep-env-oid': 14,
  'des-ede3-cbc-env-oid': 15,
  'des3-cbc-sha1-kd': 16,
  'aes128-cts-hmac-sha1-96': 17,
  'aes256-cts-hmac-sha1-96': 18,
  'aes128-cts-hmac-sha256-128': 19,
  'aes256-cts-hmac-sha384-192': 20,
  'rc4-hmac': 23,
  'rc4-hmac-exp': 24,
  'camellia128-cts-cmac': 25,
  'camellia256-cts-cmac': 26,
  'subkey-keymaterial': 65,
};

/** `weak`, or a list of numbers and names, either negated as a whole. */
export const ticketEncryption: Resolve = (builder, value, field) => {
  const negated = value.type === 'text' && value.negated;
  const items = textOf(value)
    .split(/[\s,]+/)
    .filter((item) => item !== '');
  if (items.length === 1 && items[0] === 'weak') {
    const words = ['weak'];
    builder.tests.push({ type: 'words', field: `${field}.weak`, words, negated, which: ANY_VALUE });
    return;
  }
  const numbers: number[] = [];
  for (const item of items) {
    const known = /^\d{1,9}$/.test(item) ? Number(item) : ENCRYPTION_TYPES[item.toLowerCase()];
    if (known === undefined) {
      builder.fault ??= `${field}: no encryption type is called "${item}"; write its number`;
      return;
    }
    numbers.push(known);
  }
  builder.tests.push({ type: 'number', field, test: oneOf(numbers, negated), which: ANY_VALUE });
};

/** One of the numbers, or none of them. */
function oneOf(numbers: readonly number[], negated: boolean): NumberTest {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const ranges: Range[] = [];
  let next = 0;
  for (const low of sorted) {
    if (negated && low > next) ranges.push({ low: next, high: low - 1 });
    if (!negated && ranges.at(-1)?.high === low - 1) {
      ranges.push({ low: ranges.pop()?.low ?? low, high: low });
    } else if (!negated) {
      ranges.push({ low, high: low });
    }
    next = low + 1;
  }
  if (negated) ranges.push({ low: next, high: OPEN_END });
  return { type: 'ranges', ranges };
}

const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d))?)?)?)?)?$/;

/** Seconds since 1970 of a date in UTC as far as it is given: `2015`, `2015-10-22T23:59:59`. */
function secondsOf(text: string): number | undefined {
  const found = DATE.exec(text.trim());
  if (found === null) return undefined;
  const [, year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found.map((part) =>
    part === undefined ? undefined : Number(part),
  );
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(time);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24;
  return exists && time >= 0 ? time / 1000 : undefined;
}

/** `2015-10`, `<2015`, `>2014-05-01`, `2014<>2015`: both ends belong to what is asked for. */
export const dateTest: Resolve = (builder, value, field) => {
  const text = value.type === 'text' && value.negated ? '!' : textOf(value);
  const [first = '', second] = text.replace(/^[<>]/, '').split('<>');
  const low = secondsOf(first);
  const high = second === undefined ? undefined : secondsOf(second);
  if (low === undefined || (second !== undefined && (high === undefined || high <= low))) {
    builder.fault ??= `${field}: "${text}" is no date (YYYY-MM-DDTHH:MM:SS or its beginning) or range of them`;
    return;
  }
  const range = text.startsWith('<')
    ? { low: 0, high: low }
    : { low, high: text.startsWith('>') ? OPEN_END : (high ?? low) };
  const test: NumberTest = { type: 'ranges', ranges: [range] };
  builder.tests.push({ type: 'number', field, test, which: ANY_VALUE });
};
