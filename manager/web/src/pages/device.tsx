// One device (`/device?ip=…`): what it moves, whom it talks to, what it asked and what was noticed about it.
import { useState } from 'react';
import { Link } from 'wouter';
import { useDevice, useProfile } from '../api/device.ts';
import { CopyButton } from '../controls/copy-button.tsx';
import { DeviceListed } from '../device/device-listed.tsx';
import { DeviceUsual } from '../device/device-usual.tsx';
import { DeviceWeek } from '../device/device-week.tsx';
import { formatBytes, formatCount } from '../format/quantity.ts';
import { formatAgo, formatUtc } from '../format/time.ts';
import { ALERT_COLUMNS } from '../lists/alert-columns.tsx';
import { ANOMALY_COLUMNS } from '../lists/anomaly-columns.tsx';
import { DNS_COLUMNS } from '../lists/dns-columns.tsx';
import { FLOW_COLUMNS } from '../lists/flow-columns.tsx';
import { HTTP_COLUMNS } from '../lists/http-columns.tsx';
import { TLS_COLUMNS } from '../lists/tls-columns.tsx';
import { PageHead } from '../shell/page-head.tsx';
import { EventList } from '../table/event-list.tsx';
import { rangeQuery } from '../url/time-range.ts';
import { useUrlState } from '../url/url-state.ts';
import { DeviceEvidence } from './device-evidence.tsx';
import { NotFound } from './not-found.tsx';
import { BandwidthPanel } from './overview/bandwidth-panel.tsx';
import '../device/device.css';
import './overview/overview.css';
import { flowsBy, flowsOfApplication, TopPanel } from './overview/top-panel.tsx';

const TABS = [
  ['flows', 'Flows'],
  ['dns', 'DNS'],
  ['tls', 'TLS'],
  ['http', 'HTTP'],
  ['alerts', 'Alerts'],
  ['anomalies', 'Anomalies'],
] as const;
type Tab = (typeof TABS)[number][0];

export default function Device() {
  const url = useUrlState();
  const ip = url.params.get('ip') ?? '';
  if (ip === '') return <NotFound />;
  return (
    <div className="page">
      <PageHead title={ip}>
        <CopyButton text={ip} what="address" />
      </PageHead>
      <p>
        <Link className="link" href={url.page('/devices')}>
          All devices
        </Link>
      </p>
      <DeviceFacts ip={ip} />
      <Listed ip={ip} />
      <DeviceEvidence ip={ip} />
      <BandwidthPanel device={ip} />
      <Profile ip={ip} />
      <div className="grid tops">
        <TopPanel
          title="Talks to domains"
          name="domains"
          device={ip}
          leadsTo={(domain) => flowsBy({ domain })}
          emptyHint="Domains come from DNS, TLS and HTTP."
        />
        <TopPanel
          title="Applications"
          name="applications"
          device={ip}
          leadsTo={flowsOfApplication}
          emptyHint="Applications are told by their payload."
        />
        <TopPanel
          title="Peers"
          name="talkers"
          device={ip}
          mono
          leadsTo={(peer) => ({ path: '/device', filters: { ip: peer, device: null } })}
          emptyHint="Peers show up with the first flow."
        />
      </div>
      <DeviceEvents ip={ip} />
    </div>
  );
}

function Listed({ ip }: { readonly ip: string }) {
  const { range } = useUrlState();
  const { data: device } = useDevice(ip, rangeQuery(range));
  return device === undefined ? null : <DeviceListed listed={device.listed} />;
}

function Profile({ ip }: { readonly ip: string }) {
  const { data: profile } = useProfile(ip);
  if (profile === undefined) return null;
  return (
    <>
      <DeviceWeek profile={profile} />
      <DeviceUsual profile={profile} />
    </>
  );
}

function DeviceFacts({ ip }: { readonly ip: string }) {
  const { range } = useUrlState();
  const { data: device } = useDevice(ip, rangeQuery(range));
  if (device === undefined) return null;
  const now = Date.now();
  return (
    <dl className="figures facts panel">
      <Fact label="Name" value={device.hostname ?? '–'} />
      <Fact label="MAC" value={device.mac ?? '–'} />
      <Fact label="Maker" value={device.vendor ?? '–'} />
      <Fact label="Kind" value={sure(device.type, device.type_confidence)} />
      <Fact label="System" value={sure(device.os, device.os_confidence)} />
      <Fact label="Sent" value={formatBytes(device.bytes_sent)} />
      <Fact label="Received" value={formatBytes(device.bytes_received)} />
      <Fact label="Flows" value={formatCount(device.flows)} />
      <Fact
        label="Last seen"
        value={formatAgo(device.last_seen, now)}
        title={formatUtc(device.last_seen)}
      />
      <Fact
        label="First seen"
        value={formatAgo(device.first_seen, now)}
        title={formatUtc(device.first_seen)}
      />
    </dl>
  );
}

function sure(value: string | null, confidence: number | null): string {
  return value === null ? '–' : `${value} (${confidence ?? 0} %)`;
}

interface FactProps {
  readonly label: string;
  readonly value: string;
  readonly title?: string;
}

function Fact({ label, value, title }: FactProps) {
  return (
    <div className="figure fact">
      <dt>{label}</dt>
      <dd title={title}>{value}</dd>
    </div>
  );
}

function DeviceEvents({ ip }: { readonly ip: string }) {
  const { range } = useUrlState();
  const [tab, setTab] = useState<Tab>('flows');
  const query = { ...rangeQuery(range), device: ip };
  const shared = { query, filtered: false, emptyHint: 'Choose a longer time range.' };
  return (
    <section aria-label="Events of this device" className="tabbed">
      <div className="tabs">
        {TABS.map(([name, label]) => (
          <button
            key={name}
            type="button"
            className="button"
            aria-pressed={tab === name}
            onClick={() => setTab(name)}
          >
            {label}
          </button>
        ))}
      </div>
      {tab === 'flows' && <EventList list="flows" one="flow" columns={FLOW_COLUMNS} {...shared} />}
      {tab === 'dns' && (
        <EventList list="dns" one="DNS message" columns={DNS_COLUMNS} {...shared} />
      )}
      {tab === 'tls' && <EventList list="tls" one="handshake" columns={TLS_COLUMNS} {...shared} />}
      {tab === 'alerts' && (
        <EventList list="alerts" one="alert" columns={ALERT_COLUMNS} {...shared} />
      )}
      {tab === 'http' && (
        <EventList list="http" one="HTTP transaction" columns={HTTP_COLUMNS} {...shared} />
      )}
      {tab === 'anomalies' && (
        <EventList list="anomalies" one="anomaly" columns={ANOMALY_COLUMNS} {...shared} />
      )}
    </section>
  );
}
