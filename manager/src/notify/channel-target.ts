/**
 * Where a channel sends, and what is secret in that.
 *
 * Invariant: no reason of a failure, and no address that is shown, holds a password, a secret, or the path of an
 * address that is itself the permission to write (webhook, slack).
 */
import type { CHANNEL_KINDS } from '#contracts/rest-notifications.ts';

export interface ChannelSettings {
  readonly secret?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: readonly string[] | undefined;
}

export interface ChannelTarget {
  readonly kind: (typeof CHANNEL_KINDS)[number];
  readonly url: string;
  readonly settings: ChannelSettings;
}

const kMaxReasonChars = 256;
const HIDDEN = '…';

export interface Login {
  /** The address without user and password. */
  readonly url: URL;
  readonly user: string;
  readonly password: string;
}

export function loginOf(address: string): Login {
  const url = new URL(address);
  const [user, password] = [decoded(url.username), decoded(url.password)];
  url.username = '';
  url.password = '';
  return { url, user, password };
}

/** Why a message was not sent, for people to read: errors of fetch and of sockets quote what they were given. */
export function reasonOf(error: unknown, target: ChannelTarget): string {
  let text = error instanceof Error ? error.message : String(error);
  for (const secret of secretsOf(target)) text = text.replaceAll(secret, HIDDEN);
  return text.slice(0, kMaxReasonChars);
}

/** The address as it may be shown. */
export function shownAddress({ kind, url: address }: Omit<ChannelTarget, 'settings'>): string {
  const { url } = loginOf(address);
  url.search = '';
  url.hash = '';
  return kind === 'slack' || kind === 'webhook' ? `${url.origin}/${HIDDEN}` : url.href;
}

/** Longest first, so that none is left over because a part of it was replaced before. */
function secretsOf({ kind, url: address, settings }: ChannelTarget): string[] {
  const raw = new URL(address);
  const { url, password } = loginOf(address);
  const secrets = [address, raw.href, raw.password, password, settings.secret ?? '', raw.search];
  if (kind === 'slack' || kind === 'webhook')
    secrets.push(url.href, raw.pathname + raw.search, raw.pathname);
  return secrets.filter((each) => each.length > 1).sort((a, b) => b.length - a.length);
}

/** A per cent sign that begins no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
