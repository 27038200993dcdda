// Title of a page with the time range and refresh at its end. Sets the document's title too.
import { useIsFetching, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useContext, useEffect } from 'react';
import { TimeRangePicker } from '../controls/time-range-picker.tsx';
import { Icon } from './icon.tsx';
import { NavContext } from './nav-context.ts';

interface PageHeadProps {
  readonly title: string;
  readonly timed?: boolean;
  readonly children?: ReactNode;
}

export function PageHead({ title, timed = true, children }: PageHeadProps) {
  const openNav = useContext(NavContext);
  const client = useQueryClient();
  const fetching = useIsFetching() > 0;
  useEffect(() => {
    document.title = `${title} · Netmoth`;
  }, [title]);
  return (
    <header className="page-head">
      <button
        type="button"
        className="button quiet icon nav-open"
        aria-label="Open navigation"
        onClick={openNav}
      >
        <Icon name="menu" />
      </button>
      <h1>{title}</h1>
      {children}
      {timed && <TimeRangePicker />}
      <button
        type="button"
        className="button icon"
        aria-label="Refresh"
        title="Refresh (r)"
        aria-busy={fetching}
        onClick={() => void client.invalidateQueries()}
      >
        <Icon name="refresh" />
      </button>
    </header>
  );
}
