// The fleet: how many sensors are in which state, and each of them, the worst first. Few are cards; many are a table
// that opens one card at the side. Invariant: state, search and what is open are in the URL.
import { useCallback } from 'react';
import { Link } from 'wouter';
import type { SensorRow } from '../api/contract.ts';
import { useSensors } from '../api/queries.ts';
import { formatExact } from '../format/quantity.ts';
import { FleetTable } from '../sensors/fleet-table.tsx';
import { SensorCard } from '../sensors/sensor-card.tsx';
import { FLEET_STATES, fleetOf } from '../sensors/sensor-state.ts';
import { Icon } from '../shell/icon.tsx';
import { PageHead } from '../shell/page-head.tsx';
import '../sensors/sensors.css';
import { EmptyState } from '../states/empty-state.tsx';
import { ErrorState } from '../states/error-state.tsx';
import { Skeleton } from '../states/skeleton.tsx';
import { useUrlState } from '../url/url-state.ts';
import { SearchField } from './signatures/shared.tsx';

/** So many fit as cards. */
const MOST_CARDS = 12;

export default function Sensors() {
  const sensors = useSensors();
  return (
    <div className="page">
      <PageHead title="Sensors" timed={false} />
      {sensors.isPending && (
        <div className="panel">
          <Skeleton />
        </div>
      )}
      {sensors.error !== null && sensors.data === undefined && (
        <div className="panel">
          <ErrorState error={sensors.error} onRetry={() => void sensors.refetch()} />
        </div>
      )}
      {sensors.data?.items.length === 0 && (
        <div className="panel">
          <EmptyState title="No sensor has reported yet">
            Run “netmoth up” to watch this machine, or “netmoth sensor” on another one with the
            address of this NATS server. A sensor appears here five seconds after it starts.
          </EmptyState>
        </div>
      )}
      {sensors.data !== undefined && sensors.data.items.length > 0 && (
        <Fleet sensors={sensors.data.items} />
      )}
    </div>
  );
}

const idOf = ({ report }: SensorRow): string => `${report.sensor}.${report.node}`;

function Fleet({ sensors }: { readonly sensors: readonly SensorRow[] }) {
  const url = useUrlState();
  const { params, patch } = url;
  const { counts, chosen } = fleetOf(sensors, {
    state: params.get('state'),
    search: params.get('search'),
  });
  const onOpen = useCallback(
    (id: string | null) => patch({ sensor: id }, { replace: true }),
    [patch],
  );
  const open = chosen.find((sensor) => idOf(sensor) === params.get('sensor'));
  if (sensors.length <= MOST_CARDS) {
    const { chosen: all } = fleetOf(sensors, { state: null, search: null });
    return (
      <div className="sensors">
        {all.map((sensor) => (
          <SensorCard key={idOf(sensor)} sensor={sensor} />
        ))}
      </div>
    );
  }
  return (
    <>
      <div className="filter-bar">
        <SearchField label="Search sensors" placeholder="Node or sensor" />
        <ul className="chips" aria-label="State">
          <StateLink state={null} label="All" count={sensors.length} />
          {FLEET_STATES.map((state) => (
            <StateLink key={state} state={state} label={state} count={counts.get(state) ?? 0} />
          ))}
        </ul>
      </div>
      <div className="list-layout" data-details={open !== undefined}>
        <div className="panel">
          {chosen.length === 0 ? (
            <EmptyState title="No sensor matches">Choose another state or search.</EmptyState>
          ) : (
            <FleetTable
              sensors={chosen}
              idOf={idOf}
              selected={open === undefined ? null : idOf(open)}
              onOpen={onOpen}
            />
          )}
        </div>
        {open !== undefined && (
          <aside className="details" aria-label={`About ${open.report.node}`}>
            <button
              type="button"
              className="button quiet icon small sensor-close"
              aria-label="Close details"
              onClick={() => onOpen(null)}
            >
              <Icon name="close" />
            </button>
            <SensorCard sensor={open} />
          </aside>
        )}
      </div>
    </>
  );
}

interface StateLinkProps {
  readonly state: string | null;
  readonly label: string;
  readonly count: number;
}

function StateLink({ state, label, count }: StateLinkProps) {
  const url = useUrlState();
  return (
    <li>
      <Link
        className="button small"
        href={url.here({ state })}
        aria-current={url.params.get('state') === state ? 'true' : undefined}
      >
        {label} {formatExact(count)}
      </Link>
    </li>
  );
}
