// The biggest of a kind, as bars that lead to their flows.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { StatsName } from '../../api/contract.ts';
import { useStats } from '../../api/queries.ts';
import { formatBytes, formatCount } from '../../format/quantity.ts';
import { EmptyState } from '../../states/empty-state.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { rangeQuery } from '../../url/time-range.ts';
import { type Patch, useUrlState } from '../../url/url-state.ts';

interface TopPanelProps {
  readonly title: string;
  readonly name: Exclude<StatsName, 'bandwidth' | 'events'>;
  readonly device?: string;
  readonly nameOf?: (key: string) => string;
  /** Where an entry leads; undefined where there is nothing to lead to. */
  readonly leadsTo?: (key: string) => Place | undefined;
  readonly mono?: boolean;
  readonly emptyHint: string;
}

const SHOWN = '8';

interface Place {
  readonly path: string;
  readonly filters: Patch;
}
export const flowsBy = (filters: Patch): Place => ({ path: '/flows', filters });

/** What no detector recognised carries no protocol to filter by. */
export const flowsOfApplication = (application: string): Place | undefined =>
  application === 'unknown' ? undefined : flowsBy({ app_proto: application });

export function TopPanel(props: TopPanelProps) {
  const { title, name, device, emptyHint } = props;
  const { range } = useUrlState();
  const query = {
    ...rangeQuery(range),
    limit: SHOWN,
    ...(device === undefined ? {} : { device }),
  };
  const top = useStats(name, query, range);
  const items = top.data?.items ?? [];
  const most = items.reduce((highest, item) => Math.max(highest, item.bytes), 1);
  return (
    <section className="panel" aria-label={title}>
      <div className="panel-head">
        <h2>{title}</h2>
        <span className="muted">bytes</span>
      </div>
      {top.data === undefined && top.error === null && <Skeleton />}
      {top.data === undefined && top.error !== null && (
        <ErrorState error={top.error} onRetry={() => void top.refetch()} />
      )}
      {top.data !== undefined && items.length === 0 && (
        <EmptyState compact title="None yet">
          {emptyHint}
        </EmptyState>
      )}
      <ol className="top">
        {items.map((item) => (
          <TopRow key={item.key} {...props} item={item} share={item.bytes / most} />
        ))}
      </ol>
    </section>
  );
}

interface TopRowProps extends TopPanelProps {
  readonly item: { key: string; label: string | null; bytes: number; flows: number };
  readonly share: number;
}

function TopRow({ item, share, nameOf, leadsTo, mono, device }: TopRowProps) {
  const url = useUrlState();
  const name = nameOf?.(item.key) ?? item.key;
  const body: ReactNode = (
    <>
      <span className="top-bar" style={{ inlineSize: `${Math.max(1, share * 100)}%` }} />
      <span className="top-name">
        <span className={mono === true ? 'mono' : undefined}>{name}</span>
        {item.label !== null && item.label !== name && <span className="muted"> {item.label}</span>}
      </span>
      <span className="top-value" title={`${formatCount(item.flows)} flows`}>
        {formatBytes(item.bytes)}
      </span>
    </>
  );
  const place = leadsTo?.(item.key);
  if (place === undefined) return <li className="top-row">{body}</li>;
  const filters = device === undefined ? place.filters : { device, ...place.filters };
  return (
    <li>
      <Link className="top-row" href={url.page(place.path, filters)}>
        {body}
      </Link>
    </li>
  );
}
