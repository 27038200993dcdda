/**
 * One indicator as people write it, as kind and key.
 *
 * Invariants: never throws; a key has the width its kind says; what would match nearly everything (a
 * top-level domain, a public suffix, a network of the whole world) is refused.
 */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { IndicatorType } from '#contracts/indicator-lists.ts';
import { shown } from '../faults.ts';
import { addressValue } from '../model/endpoint-sets.ts';
import { addressKey } from './address-key.ts';
import type { Kind } from './kinds.ts';
import { isPublicSuffix } from './public-suffix.ts';

export interface Indicator {
  readonly kind: Kind;
  readonly key: string;
}

export interface IndicatorProblem {
  readonly kind: undefined;
  readonly code: 'LIST_ENTRY' | 'LIST_TOO_BROAD';
  readonly message: string;
}

/** Widest network that is taken: wider ones are mistakes. */
const LEAST_PREFIX_V4 = 8;
const LEAST_PREFIX_V6 = 16;
const MAX_TEXT = 8192;

const HEX_DIGITS: Readonly<Record<DigestType, number>> = {
  'certificate-sha1': 40,
  'certificate-sha256': 64,
  'file-sha256': 64,
  'file-md5': 32,
  ja3: 32,
  ja3s: 32,
};

export function indicatorOf(text: string, type?: IndicatorType): Indicator | IndicatorProblem {
  switch (type) {
    case undefined:
      return guessed(text);
    case 'address':
      return address(text) ?? wrong(text, 'an address, network, range or address:port');
    case 'domain':
      return plainDomain(text) ?? domain(text);
    case 'url':
      return url(text);
    case 'ja4':
      return JA4.test(text) ? { kind: 'ja4', key: text } : wrong(text, 'a JA4 fingerprint');
    default:
      return digest(text, type);
  }
}

const JA4 = /^[tqd](\d\d|s[23]|d[123])[di]\d{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/;
const ADDRESS_LIKE = /^[[0-9a-fA-F:.]+\]?(?:[:/\s-]|$)/;

type DigestType = Exclude<IndicatorType, 'address' | 'domain' | 'url' | 'ja4'>;

const DIGEST_TYPES = new Map<number, DigestType>([
  [32, 'file-md5'],
  [40, 'certificate-sha1'],
  [64, 'file-sha256'],
]);

function guessed(text: string): Indicator | IndicatorProblem {
  // What has labels of letters is nothing else; most entries of most lists are such.
  const plain = plainDomain(text);
  if (plain !== undefined) return plain;
  const type = DIGEST_TYPES.get(text.length);
  if (type !== undefined && /^[0-9a-fA-F]+$/.test(text)) return digest(text, type);
  // Most texts need not be tried as an address.
  const found = ADDRESS_LIKE.test(text) ? address(text) : undefined;
  if (found !== undefined) return found;
  if (text.includes('://')) return url(text);
  if (JA4.test(text)) return { kind: 'ja4', key: text };
  return text.includes('/') ? url(text) : domain(text);
}

function wrong(text: string, expected: string): IndicatorProblem {
  return { kind: undefined, code: 'LIST_ENTRY', message: `${shown(text)} is not ${expected}` };
}

function broad(text: string, why: string): IndicatorProblem {
  return { kind: undefined, code: 'LIST_TOO_BROAD', message: `${shown(text)} ${why}` };
}

function digest(text: string, type: DigestType): Indicator | IndicatorProblem {
  const hex = text.includes(':') ? text.replaceAll(':', '') : text;
  const digits = HEX_DIGITS[type];
  if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) {
    return wrong(text, `${digits} hex digits (${type})`);
  }
  return { kind: type, key: Buffer.from(hex, 'hex').toString('latin1') };
}

/** Undefined where the text is no address at all. */
function address(text: string): Indicator | IndicatorProblem | undefined {
  const whole = isIP(text);
  if (whole !== 0) {
    const key = addressKey(text, whole);
    return { kind: whole === 4 ? 'ipv4' : 'ipv6', key: key + key };
  }
  const ported = /^(?:([\d.]+)|\[([0-9a-fA-F:.]+)\]):(\d{1,5})$/.exec(text);
  if (ported !== null) return withPort(ported[1] ?? ported[2] ?? '', Number(ported[3]));
  const [, first = '', sign, last = ''] =
    /^([0-9a-fA-F:.]+)\s*([/-])\s*([0-9a-fA-F:.]+)$/.exec(text) ?? [];
  const family = isIP(first);
  if (family === 0) return undefined;
  if (sign === '/') return network(text, first, last);
  if (isIP(last) !== family) return undefined;
  const [low, high] = [addressKey(first, family), addressKey(last, family)];
  if (low > high) return wrong(text, 'a range: it ends before it begins');
  return { kind: family === 4 ? 'ipv4' : 'ipv6', key: low + high };
}

export function withPort(text: string, port: number): Indicator | IndicatorProblem {
  const family = isIP(text);
  if (family === 0 || !(port <= 65_535)) return wrong(`${text}:${port}`, 'an address with a port');
  const key = addressKey(text, family) + String.fromCharCode(port >> 8, port & 255);
  return { kind: family === 4 ? 'ipv4-port' : 'ipv6-port', key };
}

function network(text: string, base: string, prefix: string): Indicator | IndicatorProblem {
  const family = isIP(base);
  const width = family === 4 ? 32 : 128;
  const bits = Number(prefix);
  if (!/^\d{1,3}$/.test(prefix) || bits > width) return wrong(text, 'a network');
  if (bits < (family === 4 ? LEAST_PREFIX_V4 : LEAST_PREFIX_V6)) {
    return broad(text, 'covers too much of the internet to be an indicator');
  }
  const size = BigInt(width - bits);
  const low = (addressValue(base) >> size) << size;
  const high = low | ((1n << size) - 1n);
  const key = [low, high].map((value) => bytesOf(value, width / 8)).join('');
  return { kind: family === 4 ? 'ipv4' : 'ipv6', key };
}

const DOT = 46;
const ZERO = 48;
const NINE = 57;
const LOWER_A = 97;
const LOWER_Z = 122;

function bytesOf(value: bigint, size: number): string {
  return Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex').toString('latin1');
}

const MAX_LABEL = 63;
const HYPHEN = 45;
const UNDERSCORE = 95;

/** A name that is written as keys are, in one pass; undefined of any other, which may be one too. */
function plainDomain(text: string): Indicator | IndicatorProblem | undefined {
  if (text.length > MAX_DOMAIN) return undefined;
  let labels = 1;
  let start = 0;
  let digitsOnly = true;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      const ends = at === start || at - start > MAX_LABEL || text.charCodeAt(at - 1) === HYPHEN;
      if (ends || text.charCodeAt(start) === HYPHEN) return undefined;
      if (at === text.length) break;
      labels += 1;
      start = at + 1;
      digitsOnly = true;
    } else if ((code >= LOWER_A && code <= LOWER_Z) || code === HYPHEN || code === UNDERSCORE) {
      digitsOnly = false;
    } else if (code < ZERO || code > NINE) return undefined;
  }
  return labels < 2 || digitsOnly ? undefined : named(text);
}

/** A sound name in lower case; what everybody may register below is no indicator. */
function named(name: string): Indicator | IndicatorProblem {
  if (isPublicSuffix(name)) {
    return broad(name, 'is a public suffix: names below it belong to anybody');
  }
  const labels = name.split('.').reverse();
  labels.push('');
  return { kind: 'domain', key: labels.join('.') };
}

/** Labels of at most 63 letters, digits, `_` and inner `-`, parted by dots. */
const NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.(?=.)|$))+$/;
const PLAIN_NAME = /^[a-z0-9_][a-z0-9_.-]*[a-z0-9_]$/;
const MAX_DOMAIN = 253;

function domain(text: string): Indicator | IndicatorProblem {
  const name = asciiName(text);
  const labels = name.split('.');
  if (name.length > MAX_DOMAIN || !NAME.test(name) || /^\d+$/.test(labels.at(-1) ?? ''))
    return wrong(text, 'a domain name');
  if (labels.length < 2)
    return broad(text, 'is a top-level domain: everything below it would match');
  return named(name);
}

function asciiName(text: string): string {
  if (PLAIN_NAME.test(text)) return text;
  const bare = text
    .toLowerCase()
    .replace(/^(\*\.|\.)/, '')
    .replace(/\.$/, '');
  return /^[\u0000-\u007f]*$/.test(bare) ? bare : domainToASCII(bare);
}

/** What says nothing in a URL, whoever writes it. */
const DEFAULT_PORTS = new Map([
  ['http', ':80'],
  ['https', ':443'],
]);

function url(text: string): Indicator | IndicatorProblem {
  const found = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):\/\/)?(?:[^/?#@]*@)?([^/?#]+)([^#]*)/.exec(text);
  if (found === null || text.length > MAX_TEXT || /[\s\u0000-\u001f]/.test(text))
    return wrong(text, 'a URL');
  const [, scheme = 'http', authority = '', rest = ''] = found;
  const [, host = '', port = ''] = /^(.*?)(:\d{1,5})?$/.exec(authority) ?? [];
  const name = host.startsWith('[') ? host.toLowerCase() : asciiName(host);
  if (name === '' || !/^[\w.:[\]-]+$/.test(name)) return wrong(text, 'a URL');
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  const said = port === DEFAULT_PORTS.get(scheme.toLowerCase()) ? '' : port;
  return { kind: 'url', key: Buffer.from(name + said + path, 'utf8').toString('latin1') };
}
