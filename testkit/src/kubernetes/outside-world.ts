// The world beyond a real node's default route: a network of its own on the other end of a cable, with one HTTP
// server. Invariant: it is gone with the process that keeps it.
import { execFileSync } from 'node:child_process';
import { readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from '#cli/processes/child.ts';
import { POD_CIDR } from './node-files.ts';

export const NODE_ADDRESS = '10.77.0.1';
export const OUTSIDE_ADDRESS = '10.77.0.254';
const kPrefix = 24;
const kNodeLink = 'wan0';
const kOutsideLink = 'wan1';
const kServer = `require('node:http').createServer((request, response) => {
  response.end('hello from outside');
}).listen(80, '0.0.0.0');`;

/** Must run in a network namespace that is still empty. */
export async function startOutsideWorld(): Promise<AsyncDisposable> {
  const ip = (...args: string[]): unknown => execFileSync('ip', args, { stdio: 'pipe' });
  ip('link', 'set', 'lo', 'up');
  const world = await startChild({
    command: 'unshare',
    args: ['--net', process.execPath, '-e', kServer],
    deathSignal: 'KILL',
  });
  const inside = (...args: string[]): unknown =>
    execFileSync('nsenter', [`--net=/proc/${world.pid}/ns/net`, 'ip', ...args], { stdio: 'pipe' });
  ip('link', 'add', kNodeLink, 'type', 'veth', 'peer', 'name', kOutsideLink);
  await ownNetwork(world);
  ip('link', 'set', kOutsideLink, 'netns', String(world.pid));
  ip('address', 'add', `${NODE_ADDRESS}/${kPrefix}`, 'dev', kNodeLink);
  ip('link', 'set', kNodeLink, 'up');
  ip('route', 'add', 'default', 'via', OUTSIDE_ADDRESS);
  inside('address', 'add', `${OUTSIDE_ADDRESS}/${kPrefix}`, 'dev', kOutsideLink);
  inside('link', 'set', kOutsideLink, 'up');
  inside('route', 'add', POD_CIDR, 'via', NODE_ADDRESS);
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  return { [Symbol.asyncDispose]: async () => void (await world.kill()) };
}

/** unshare was spawned, which is not yet to say that it has left our network. */
async function ownNetwork(world: Child): Promise<void> {
  const network = (pid: string | number): string => readlinkSync(`/proc/${pid}/ns/net`);
  while (world.running && network(world.pid) === network('self')) await sleep(10);
  if (!world.running) throw new Error((await world.exited).lastLines.join('\n'));
}
