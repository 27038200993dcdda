// Events as they come over the bus. Which kinds is in the URL, so a view can be shared.
import { EVENT_TYPES, type EventType } from '../api/contract.ts';
import { Badge, type Tone } from '../controls/badge.tsx';
import { formatExact } from '../format/quantity.ts';
import { LiveLog } from '../live/live-log.tsx';
import { LIVE_CAPACITY, type Live, useLive } from '../live/use-live.ts';
import { Icon } from '../shell/icon.tsx';
import { PageHead } from '../shell/page-head.tsx';
import { EmptyState } from '../states/empty-state.tsx';
import { useUrlState } from '../url/url-state.ts';
import './live.css';

function readTypes(text: string | null): readonly EventType[] {
  const asked = new Set((text ?? '').split(','));
  return EVENT_TYPES.filter((type) => asked.has(type));
}

export default function LivePage() {
  const url = useUrlState();
  const types = readTypes(url.params.get('types'));
  const live = useLive(types);
  const shown =
    types.length === 0
      ? live.buffer.lines
      : live.buffer.lines.filter(({ event }) => types.includes(event.event_type));
  const toggle = (type: EventType) => {
    const next = EVENT_TYPES.filter((one) => (one === type) !== types.includes(one));
    url.patch({ types: next.length === 0 ? null : next.join(',') }, { replace: true });
  };
  return (
    <div className="page live-page">
      <PageHead title="Live log" timed={false}>
        <LiveStatus live={live} />
        <button
          type="button"
          className="button"
          aria-pressed={live.paused}
          onClick={() => live.setPaused(!live.paused)}
        >
          <Icon name={live.paused ? 'play' : 'pause'} /> {live.paused ? 'Resume' : 'Pause'}
        </button>
      </PageHead>
      <div className="filter-bar">
        <fieldset className="chips types">
          <legend className="visually-hidden">Kinds of events</legend>
          {EVENT_TYPES.map((type) => (
            <button
              key={type}
              type="button"
              className="button small"
              aria-pressed={types.includes(type)}
              onClick={() => toggle(type)}
            >
              {type}
            </button>
          ))}
        </fieldset>
        <button type="button" className="button small live-clear" onClick={live.clear}>
          Clear
        </button>
      </div>
      <div className="panel live-panel">
        {shown.length === 0 ? (
          <EmptyState title={live.paused ? 'Paused' : 'Waiting for events'}>
            {live.paused
              ? 'Resume to see events again.'
              : 'They appear the moment a sensor sends them; what came before is under Flows, DNS, TLS and HTTP. If nothing comes, look at the sensors page.'}
          </EmptyState>
        ) : (
          <LiveLog lines={shown} />
        )}
        <p className="live-foot muted">
          {formatExact(live.buffer.received)} received, the newest {formatExact(LIVE_CAPACITY)} kept
          {live.buffer.dropped > 0 && (
            <strong className="live-dropped">
              {' '}
              {formatExact(live.buffer.dropped)} left out: more came than are kept for a page
            </strong>
          )}
        </p>
      </div>
    </div>
  );
}

const STATUS: Readonly<Record<Live['state'], readonly [Tone, string]>> = {
  connecting: ['info', 'connecting'],
  open: ['ok', 'live'],
  lost: ['danger', 'connection lost, trying again'],
};

function LiveStatus({ live }: { readonly live: Live }) {
  const [tone, word] = live.paused ? (['warn', 'paused'] as const) : STATUS[live.state];
  return (
    <span role="status">
      <Badge tone={live.problem === '' ? tone : 'danger'}>{live.problem || word}</Badge>
    </span>
  );
}
