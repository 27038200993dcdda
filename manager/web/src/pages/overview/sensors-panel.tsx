// How the sensors are: seen, losing, capturing.
import { Link } from 'wouter';
import { useSensors } from '../../api/queries.ts';
import { Badge } from '../../controls/badge.tsx';
import { formatCount, formatRatio } from '../../format/quantity.ts';
import { isLosing, sensorTone, sourceName } from '../../sensors/sensor-state.ts';
import { EmptyState } from '../../states/empty-state.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { useUrlState } from '../../url/url-state.ts';

export function SensorsPanel() {
  const sensors = useSensors();
  const url = useUrlState();
  return (
    <section className="panel" aria-label="Sensors">
      <div className="panel-head">
        <h2>Sensors</h2>
        <Link className="link" href={url.page('/sensors')}>
          All sensors
        </Link>
      </div>
      {sensors.isPending && <Skeleton lines={3} />}
      {sensors.error !== null && sensors.data === undefined && (
        <ErrorState error={sensors.error} onRetry={() => void sensors.refetch()} />
      )}
      {sensors.data?.items.length === 0 && (
        <EmptyState compact title="No sensor has reported yet">
          Start one with “netmoth sensor”, or everything on this machine with “netmoth up”.
        </EmptyState>
      )}
      <ul className="rows">
        {sensors.data?.items.map((sensor) => {
          const { tone, word } = sensorTone(sensor);
          const { sensor: name, node, interfaces } = sensor.report;
          return (
            <li key={`${name}.${node}`}>
              <Badge tone={tone}>{word}</Badge>
              <span className="grow">
                {node} <span className="muted">{interfaces.map(sourceName).join(', ')}</span>
              </span>
              <span className={isLosing(sensor) ? 'loss warn' : 'loss'}>
                {formatRatio(sensor.lossRatio)} lost
                {sensor.eventsLost > 0 && `, ${formatCount(sensor.eventsLost)} events`}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
