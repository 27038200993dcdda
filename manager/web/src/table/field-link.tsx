// A value that filters by itself when clicked. Invariant: a real link, so it works with keyboard, middle
// click and "copy link"; on its own list it adds to the filters, elsewhere it starts afresh.
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useUrlState } from '../url/url-state.ts';
import { filterKeyOf } from './filters.ts';
import { useListName } from './list-context.ts';

interface FieldLinkProps {
  readonly field: string;
  readonly value: string | number | null;
  readonly children?: ReactNode;
  readonly mono?: boolean;
}

export function FieldLink({ field, value, children, mono = false }: FieldLinkProps) {
  const list = useListName();
  const url = useUrlState();
  const [path] = useLocation();
  if (value === null || value === '') return null;
  const key = filterKeyOf(list, field);
  const text = children ?? String(value);
  const face = mono ? 'mono' : undefined;
  if (key === undefined) return <span className={face}>{text}</span>;
  const patch = { [key]: String(value) };
  const href = path === `/${list}` ? url.here(patch) : url.page(`/${list}`, patch);
  return (
    <Link
      href={href}
      className={mono ? 'filter-link mono' : 'filter-link'}
      title={`Filter by ${String(value)}`}
      onClick={(event) => event.stopPropagation()}
    >
      {text}
    </Link>
  );
}
