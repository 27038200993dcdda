/**
 * Takes events apart for what they say of devices: who was there, by which MAC, and every finding.
 *
 * Invariants: only ends on our side become devices (or the client where neither is, as in
 * device-sightings.ts); a MAC under which addresses from elsewhere were seen is a router's and identifies
 * nobody behind it. An end that nothing answered is taken within a bound and counted beyond. The event is stored
 * already: what is of another kind than it should be is as good as absent, and nothing throws.
 */
import type { Address } from '#manager/enrich/address-book.ts';
import {
  type DeviceFindings,
  finding,
  findingsOfDhcp,
  findingsOfJa4,
  findingsOfName,
  findingsOfServices,
} from '#manager/enrich/device-findings.ts';
import type { Finding } from '#manager/enrich/evidence.ts';
import type { KubernetesEnd, KubernetesEnds } from '#manager/enrich/identity-book.ts';
import { isLocallyAdministered, type VendorBook } from '#manager/enrich/vendor-book.ts';
import type { Instant } from '#manager/store/binary-rows.ts';
import { type DeviceMemory, type DeviceSightings, HOSTNAME_RANK } from './device-sightings.ts';
import { type Json, objectIfAny } from './event-fields.ts';
import type { EvidenceSightings } from './evidence-sightings.ts';
import type { FlowFacts } from './flow-facts.ts';

export interface DeviceLearnerOptions {
  readonly sightings: DeviceSightings;
  readonly evidence: EvidenceSightings;
  readonly findings: DeviceFindings;
  readonly memory: DeviceMemory;
  readonly vendors: VendorBook | undefined;
  readonly addressOf: (text: string) => Address | undefined;
}

interface Ends {
  readonly src: Address | undefined;
  readonly dest: Address | undefined;
}

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
/** Ports at which machines serve; what answers there is likely a server. */
const SERVED: ReadonlySet<number> = new Set([
  22, 25, 53, 80, 88, 143, 389, 443, 445, 993, 3306, 5432, 6379,
]);
const ROUTES: Finding = finding('mac', 'ether.routes', 'routes', 'addresses from elsewhere', 90);
const RANDOMISED: Finding = finding('mac', 'ether.randomised', 'randomised', '', 99);
const GATEWAY: Finding = finding('type', 'dhcp.routers', 'router', 'named as gateway', 90);

export class DeviceLearner {
  readonly #options: DeviceLearnerOptions;

  constructor(options: DeviceLearnerOptions) {
    this.#options = options;
  }

  learnFlow(event: Json, flow: FlowFacts, kubernetes: KubernetesEnds | undefined): void {
    const { sightings, findings } = this.#options;
    const { src, dest, device, start, end, answered } = flow;
    const ether = objectIfAny(event['ether']);
    const ends = new Set([device, src?.home ? src : undefined, dest?.home ? dest : undefined]);
    for (const each of ends) {
      // A mere question to an address does not make it a device; an answer does, of both.
      sightings.see(each, start, answered);
      sightings.see(each, end, answered);
    }
    this.#learnMac(src, ether?.['src_macs'], end);
    this.#learnMac(dest, ether?.['dest_macs'], end);
    if (answered && src !== undefined && ends.has(src)) {
      const netmoth = objectIfAny(event['netmoth']);
      this.#tell(src, findings.ofSyn(netmoth), end);
    }
    if (answered && dest?.home) this.#learnServer(event, dest, end);
    if (src?.home) this.#learnPod(src, kubernetes?.src, end);
    if (dest?.home) this.#learnPod(dest, kubernetes?.dest, end);
  }

  learn(type: string, event: Json, { src, dest }: Ends, at: Instant): void {
    const { sightings, findings } = this.#options;
    const body = objectIfAny(event[type]);
    if (body === undefined) return;
    switch (type) {
      case 'dhcp':
        sightings.learnDhcp(event, at);
        this.#learnDhcp(event, body, at);
        return;
      case 'dns':
        sightings.learnAnswers(body, at, HOSTNAME_RANK.dns);
        return;
      case 'mdns':
        sightings.learnAnswers(body, at, HOSTNAME_RANK.mdns);
        if (src?.home) this.#tell(src, findingsOfServices(body), at);
        return;
      case 'http':
        if (src?.home) this.#tell(src, findings.ofAgent(body['http_user_agent']), at);
        return;
      case 'tls':
      case 'quic': {
        if (src?.home) this.#tell(src, findingsOfJa4(body['ja4']), at);
        const name = body['sni'];
        if (!dest?.home || typeof name !== 'string' || name === '') return;
        this.#tell(dest, findingsOfName('tls.server_name', name, 40), at);
        return;
      }
    }
  }

  #learnMac(address: Address | undefined, macs: unknown, at: Instant): void {
    const { memory, sightings, vendors } = this.#options;
    const mac: unknown = Array.isArray(macs) ? macs[0] : undefined;
    if (address === undefined || typeof mac !== 'string' || !MAC.test(mac)) return;
    // Multicast addresses are nobody's.
    if ((Number.parseInt(mac.slice(0, 2), 16) & 1) !== 0) return;
    if (!address.home) {
      if (!address.unicast) return;
      memory.routers.set(mac, true);
      this.#evidence(address, mac, ROUTES, at);
      return;
    }
    if (memory.routers.get(mac) !== undefined) return;
    if (!sightings.nameMac(address, mac)) return;
    if (isLocallyAdministered(mac)) {
      this.#evidence(address, mac, RANDOMISED, at);
      return;
    }
    const vendor = vendors?.of(mac);
    if (vendor === undefined) return;
    this.#evidence(address, mac, finding('vendor', 'ether.oui', vendor, mac.slice(0, 8), 95), at);
  }

  #learnServer(event: Json, dest: Address, at: Instant): void {
    const port = event['dest_port'];
    if (typeof port !== 'number' || !SERVED.has(port) || event['proto'] !== 'TCP') return;
    this.#tell(dest, [finding('type', 'tcp.answers', 'server', `port ${port}`, 35)], at);
  }

  #learnPod(address: Address, end: KubernetesEnd | undefined, at: Instant): void {
    if (end?.pod === undefined) return;
    const name = `${end.namespace ?? ''}/${end.pod}`;
    this.#tell(
      address,
      [
        finding('type', 'kubernetes', 'pod', end.workload ?? name, 98),
        finding('hostname', 'kubernetes', end.pod, name, 95),
      ],
      at,
    );
  }

  #learnDhcp(event: Json, dhcp: Json, at: Instant): void {
    const { addressOf } = this.#options;
    const routers = dhcp['routers'];
    const gateway: unknown = Array.isArray(routers) ? routers[0] : undefined;
    const router = typeof gateway === 'string' ? addressOf(gateway) : undefined;
    if (router?.home) this.#tell(router, [GATEWAY], at);
    const mac = dhcp['client_mac'];
    // Of a client whose address is not known yet: its MAC is the subject, the server's address a stand-in.
    const any = addressOf(String(event['src_ip'])) ?? router;
    if (dhcp['type'] !== 'request' || typeof mac !== 'string' || !MAC.test(mac)) return;
    const parameters = objectIfAny(event['netmoth'])?.['dhcp_parameters'];
    if (any === undefined) return;
    for (const each of findingsOfDhcp(dhcp, parameters)) this.#evidence(any, mac, each, at);
  }

  #tell(address: Address, findings: readonly Finding[], at: Instant): void {
    if (findings.length === 0 || !address.unicast) return;
    const mac = this.#options.sightings.macOf(address) ?? '';
    for (const each of findings) this.#evidence(address, mac, each, at);
  }

  #evidence(address: Address, mac: string, found: Finding, at: Instant): void {
    this.#options.evidence.see({ address, mac }, found, at);
  }
}
