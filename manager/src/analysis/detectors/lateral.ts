/**
 * A device that begins to use services of administration within the house which it never used.
 *
 * Source: MITRE ATT&CK TA0008 (T1021, remote services). New pairs of client and service are rare among machines
 * that were learned: J. Neil et al., "Scan Statistics for the Online Detection of Locally Anomalous Subgraphs",
 * Technometrics 2013, find intruders by such new edges.
 *
 * A pure function of the hour and of the state before it; docs/detections/lateral-movement.md.
 */
import { contactUsualKey } from '../destinations.ts';
import type { DeviceState } from '../device-state.ts';
import { type Finding, found, part } from '../finding.ts';
import type { Contact, SubjectHour } from '../subject-hour.ts';

/** Log-ins, files, remote calls, databases, and what runs containers. */
const SERVICES: ReadonlyMap<number, string> = new Map([
  [22, 'SSH'],
  [23, 'telnet'],
  [135, 'RPC'],
  [139, 'NetBIOS'],
  [445, 'SMB'],
  [1433, 'SQL Server'],
  [2375, 'Docker'],
  [2379, 'etcd'],
  [3306, 'MySQL'],
  [3389, 'RDP'],
  [5432, 'PostgreSQL'],
  [5900, 'VNC'],
  [5985, 'WinRM'],
  [5986, 'WinRM'],
  [6379, 'Redis'],
  [10250, 'kubelet'],
]);
const kScore = 50;

export function detectLateral(hour: SubjectHour, state: DeviceState): Finding[] {
  const byPort = new Map<number, Contact[]>();
  for (const contact of hour.contacts.values()) {
    const { home, port, answered, probes, proto } = contact;
    const isNew = home && answered > probes && proto === 'TCP' && SERVICES.has(port);
    if (!isNew || state.destinations.has(contactUsualKey(contact), hour.hour)) continue;
    byPort.set(port, [...(byPort.get(port) ?? []), contact]);
  }
  return [...byPort].flatMap(([port, contacts]) => {
    const [first] = contacts;
    if (first === undefined) return [];
    const service = SERVICES.get(port) ?? String(port);
    const isNewService = !state.services.has(`TCP/${port}`, hour.hour);
    const finding = found({
      ...{ kind: 'lateral_movement', subject: hour.subject, about: `TCP/${port}`, port },
      ...{ peer: first.peer, proto: 'TCP' },
      firstSeconds: contacts.reduce((min, each) => Math.min(min, each.firstSeconds), Infinity),
      lastSeconds: contacts.reduce((max, each) => Math.max(max, each.lastSeconds), 0),
      summary: `${hour.subject} began to use ${service} of ${contacts.length === 1 ? first.peer : `${contacts.length} machines, ${first.peer} among them`}${isNewService ? `; it never used ${service} before` : ''}`,
      parts: [
        part('new pairs', Math.min(50, 25 + 10 * contacts.length), `${contacts.length}`, 'none'),
        part('new service', isNewService ? 25 : 0, service, 'others'),
      ],
    });
    return finding.score >= kScore ? [finding] : [];
  });
}
