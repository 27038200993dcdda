// A page that is one list: filter line, chips, downloads, rows.
import type { ReactNode } from 'react';
import { PageHead } from '../shell/page-head.tsx';
import { rangeQuery } from '../url/time-range.ts';
import { readFilters, useUrlState } from '../url/url-state.ts';
import { EventList, type EventListName, type EventListProps } from './event-list.tsx';
import { ExportLinks } from './export-links.tsx';
import { FilterChips, FilterInput } from './filter-bar.tsx';
import { FILTERS } from './filters.ts';

type ListPageProps<N extends EventListName> = Omit<EventListProps<N>, 'query' | 'filtered'> & {
  readonly title: string;
  /** Stands below the filter line. */
  readonly children?: ReactNode;
};

export function ListPage<N extends EventListName>({ title, children, ...rest }: ListPageProps<N>) {
  const { params, range } = useUrlState();
  const filters = readFilters(
    params,
    FILTERS[rest.list].map(({ key }) => key),
  );
  const query = { ...rangeQuery(range), ...filters };
  return (
    <div className="page">
      <PageHead title={title} />
      <div className="filter-bar">
        <FilterInput list={rest.list} />
        <ExportLinks list={rest.list} query={query} />
      </div>
      {children}
      <FilterChips list={rest.list} filters={filters} />
      <EventList
        key={JSON.stringify(query)}
        {...(rest as EventListProps<N>)}
        query={query}
        filtered={Object.keys(filters).length > 0}
      />
    </div>
  );
}
