// What the signature pages ask and change. Invariant: every change makes what is shown of signatures be
// asked again, so that no page shows what was before it.
import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useState } from 'react';
import { call, type Query } from './client.ts';
import type {
  Page,
  SignatureChangeRow,
  SignatureFaultRow,
  SignatureFile,
  SignatureHitRow,
  SignatureListOptions,
  SignatureOverview,
  SignatureRuleDetail,
  SignatureRuleRow,
  SignatureSetDetail,
  SignatureSuppression,
  SignatureThreshold,
  SignatureVersion,
} from './contract.ts';

const ROOT = '/signatures';
const REFRESH_MS = 10_000;
const PAGE_ROWS = '100';

const setPath = (set: string) => `${ROOT}/sets/${encodeURIComponent(set)}`;
const filePath = (set: string, file: string) => `${setPath(set)}/files/${encodeURIComponent(file)}`;
export const fileUrl = (set: string, file: string) => `/api/v1${filePath(set, file)}`;

export interface RuleKey {
  readonly gid: number;
  readonly sid: number;
}

export interface Override {
  readonly enabled: boolean | null;
  readonly threshold: SignatureThreshold | null;
  readonly suppress: SignatureSuppression | null;
}

export interface GivenFile {
  readonly file: Blob;
  readonly list: Partial<SignatureListOptions> | null;
}

function queryOf(list: GivenFile['list']): Query {
  if (list === null) return {};
  const given = Object.entries(list).map(([name, value]) => [name, String(value)]);
  return { as: 'list', ...Object.fromEntries(given) };
}

export const signaturesApi = {
  create: (name: string) =>
    call<SignatureSetDetail>(`${ROOT}/sets`, { method: 'POST', body: { name } }),
  remove: (set: string) => call<void>(setPath(set), { method: 'DELETE' }),
  putVariables: (set: string, variables: Readonly<Record<string, string>>) =>
    call<SignatureSetDetail>(`${setPath(set)}/variables`, { method: 'PUT', body: { variables } }),
  /** `list`: options of an indicator list; without them a file of rules. */
  putFile: (set: string, name: string, { file, list }: GivenFile) =>
    call<SignatureFile>(filePath(set, name), { method: 'PUT', file, query: queryOf(list) }),
  removeFile: (set: string, name: string) => call<void>(filePath(set, name), { method: 'DELETE' }),
  compile: (set: string) => call<SignatureVersion>(`${setPath(set)}/versions`, { method: 'POST' }),
  activate: (set: string, number: number) =>
    call<SignatureVersion>(`${setPath(set)}/versions/${number}/activate`, { method: 'POST' }),
  deactivate: () => call<void>(`${ROOT}/active`, { method: 'DELETE' }),
  /** An override that says nothing is none. */
  override: (set: string, { gid, sid }: RuleKey, body: Override) => {
    const path = `${setPath(set)}/overrides/${gid}/${sid}`;
    const says = Object.values(body).some((value) => value !== null);
    return says
      ? call<void>(path, { method: 'PUT', body })
      : call<void>(path, { method: 'DELETE' });
  },
};

export function useSignatures() {
  return useQuery({
    queryKey: ['signatures', 'overview'],
    queryFn: ({ signal }) => call<SignatureOverview>(ROOT, { signal }),
    refetchInterval: REFRESH_MS,
  });
}

export function useSignatureSet(set: string) {
  return useQuery({
    queryKey: ['signatures', 'set', set],
    queryFn: ({ signal }) => call<SignatureSetDetail>(setPath(set), { signal }),
  });
}

function usePages<Row>(key: readonly unknown[], path: string, query: Query) {
  return useInfiniteQuery({
    queryKey: ['signatures', ...key, query],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }): Promise<Page<Row>> => {
      const cursor: Query = pageParam === '' ? {} : { cursor: pageParam };
      return call(path, { query: { limit: PAGE_ROWS, ...query, ...cursor }, signal });
    },
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export const useHits = (query: Query) => usePages<SignatureHitRow>(['hits'], `${ROOT}/hits`, query);
export const useRules = (set: string, query: Query) =>
  usePages<SignatureRuleRow>(['rules', set], `${setPath(set)}/rules`, query);
export const useFaults = (set: string, query: Query) =>
  usePages<SignatureFaultRow>(['faults', set], `${setPath(set)}/faults`, query);

export const useChanges = (query: Query) =>
  usePages<SignatureChangeRow>(['changes'], `${ROOT}/changes`, query);

export function useRule(set: string, { gid, sid }: RuleKey, query: Query) {
  return useQuery({
    queryKey: ['signatures', 'rule', set, gid, sid, query],
    queryFn: ({ signal }) =>
      call<SignatureRuleDetail>(`${setPath(set)}/rules/${gid}/${sid}`, { query, signal }),
  });
}

/** Runs a change, tells its failure, and has what is shown asked again. */
export function useChange() {
  const client = useQueryClient();
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const change = async (work: () => Promise<unknown>): Promise<boolean> => {
    setProblem('');
    setBusy(true);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      return false;
    } finally {
      setBusy(false);
      await client.invalidateQueries({ queryKey: ['signatures'] });
    }
  };
  return { change, problem, busy };
}
