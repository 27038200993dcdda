// The first page: is it well, how much, who, where to, what happened.
import { formatCountry } from '../../format/endpoint.ts';
import { PageHead } from '../../shell/page-head.tsx';
import { AlertsPanel } from './alerts-panel.tsx';
import { BandwidthPanel } from './bandwidth-panel.tsx';
import { EventsPanel } from './events-panel.tsx';
import { Figures } from './figures.tsx';
import './overview.css';
import { SensorsPanel } from './sensors-panel.tsx';
import { flowsBy, flowsOfApplication, TopPanel } from './top-panel.tsx';

export default function Overview() {
  return (
    <div className="page">
      <PageHead title="Overview" />
      <Figures />
      <BandwidthPanel />
      <div className="grid tops">
        <TopPanel
          title="Top talkers"
          name="talkers"
          mono
          leadsTo={(ip) => ({ path: '/device', filters: { ip } })}
          emptyHint="Devices show up with their first flow."
        />
        <TopPanel
          title="Top domains"
          name="domains"
          leadsTo={(domain) => flowsBy({ domain })}
          emptyHint="Domains come from DNS, TLS and HTTP."
        />
        <TopPanel
          title="Applications"
          name="applications"
          leadsTo={flowsOfApplication}
          emptyHint="Applications are told by their payload."
        />
        <TopPanel
          title="Countries"
          name="countries"
          nameOf={formatCountry}
          emptyHint="Start with “netmoth up --geoip FILE” (“geoipFile” of a manager of its own) and a GeoIP database to see where traffic goes."
        />
      </div>
      <div className="grid bottom">
        <EventsPanel />
        <AlertsPanel />
        <SensorsPanel />
      </div>
    </div>
  );
}
