// The state of a page lives in its URL: range and filters. Invariant: a link made here carries the time
// range along, and changing a filter keeps everything else.
import { useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { RANGE_KEYS, rangeParams, readRange, type TimeRange } from './time-range.ts';

export type Patch = Readonly<Record<string, string | null>>;

/** `params` with `patch` laid over it; null removes a key. */
export function withPatch(params: URLSearchParams, patch: Patch): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === '') next.delete(key);
    else next.set(key, value);
  }
  return next;
}

export function join(path: string, params: URLSearchParams): string {
  const search = params.toString();
  return search === '' ? path : `${path}?${search}`;
}

/** Link to another page: keeps the range, drops this page's filters, adds `filters`. */
export function pageHref(params: URLSearchParams, path: string, filters: Patch = {}): string {
  const kept = new URLSearchParams();
  for (const key of RANGE_KEYS) {
    const value = params.get(key);
    if (value !== null) kept.set(key, value);
  }
  return join(path, withPatch(kept, filters));
}

/** The filters among the parameters: those whose key the page knows, in the page's order. */
export function readFilters(
  params: URLSearchParams,
  keys: readonly string[],
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const key of keys) {
    const value = params.get(key);
    if (value !== null && value !== '') found[key] = value;
  }
  return found;
}

export interface UrlState {
  readonly params: URLSearchParams;
  readonly range: TimeRange;
  readonly patch: (patch: Patch, options?: { replace?: boolean }) => void;
  readonly setRange: (range: TimeRange) => void;
  /** This page with `patch` applied, as a link. */
  readonly here: (patch: Patch) => string;
  readonly page: (path: string, filters?: Patch) => string;
}

export function useUrlState(): UrlState {
  const search = useSearch();
  const [path, navigate] = useLocation();
  return useMemo(() => {
    const params = new URLSearchParams(search);
    const patch: UrlState['patch'] = (change, options) =>
      navigate(join(path, withPatch(params, change)), options);
    return {
      params,
      range: readRange(params),
      patch,
      setRange: (range) => patch(rangeParams(range)),
      here: (change) => join(path, withPatch(params, change)),
      page: (target, filters) => pageHref(params, target, filters),
    };
  }, [search, path, navigate]);
}
