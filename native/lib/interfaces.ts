/**
 * The network interfaces of this machine, as the kernel's own files tell.
 *
 * Invariant: never throws: where /sys or /proc is not there the list is what Node knows.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

export interface InterfaceInfo {
  readonly name: string;
  readonly up: boolean;
  readonly addresses: readonly string[];
}

const IFF_UP = 0x1;

/** All interfaces, also those without an address, by name. */
export function interfaces(): readonly InterfaceInfo[] {
  const addressed = networkInterfaces();
  const names = new Set([...listDirectory('/sys/class/net'), ...Object.keys(addressed)]);
  return [...names].sort().map((name) => ({
    name,
    up: isUp(name) ?? name in addressed,
    addresses: (addressed[name] ?? []).map((each) => each.address),
  }));
}

/** Interface of the default route: IPv4 by the lowest metric, else IPv6. */
export function defaultInterface(): string | undefined {
  return (
    defaultOfIpv4(readText('/proc/net/route')) ?? defaultOfIpv6(readText('/proc/net/ipv6_route'))
  );
}

/** Columns: Iface Destination Gateway Flags RefCnt Use Metric Mask … (hexadecimal). */
export function defaultOfIpv4(table: string): string | undefined {
  const routes = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1] === '00000000' && columns[7] === '00000000')
    .map((columns) => ({ name: columns[0], metric: Number(columns[6]) }));
  return routes.sort((a, b) => a.metric - b.metric)[0]?.name;
}

/** Columns: destination, its prefix length, source, its prefix length, gateway, metric, …, name. */
export function defaultOfIpv6(table: string): string | undefined {
  const routes = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => /^0{32}$/.test(columns[0] ?? '') && columns[1] === '00')
    .map((columns) => ({ name: columns[9], metric: Number.parseInt(columns[5] ?? '', 16) }))
    .filter((route) => route.name !== 'lo');
  return routes.sort((a, b) => a.metric - b.metric)[0]?.name;
}

function isUp(name: string): boolean | undefined {
  const flags = readText(`/sys/class/net/${name}/flags`).trim();
  return flags === '' ? undefined : (Number(flags) & IFF_UP) !== 0;
}

function listDirectory(path: string): string[] {
  try {
    // Regular files such as bonding_masters stand between the interfaces, which are links.
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink() || entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
