// The rules of a set's newest version with their hits; one of them open at the side. Invariant: search,
// state and the open rule are in the URL; sorting is the manager's, most alerts first.
import type { SignatureRuleRow, SignatureSetDetail } from '../../api/contract.ts';
import { useRules } from '../../api/signatures.ts';
import { Badge } from '../../controls/badge.tsx';
import { formatCount } from '../../format/quantity.ts';
import { EmptyState } from '../../states/empty-state.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import type { Column } from '../../table/column.ts';
import { EventTable } from '../../table/event-table.tsx';
import { LoadMore } from '../../table/load-more.tsx';
import { rangeQuery } from '../../url/time-range.ts';
import { readFilters, useUrlState } from '../../url/url-state.ts';
import { RulePanel } from './rule-panel.tsx';
import { Ago, SearchField } from './shared.tsx';

const COLUMNS: readonly Column<SignatureRuleRow>[] = [
  {
    id: 'sid',
    label: 'Id',
    tight: true,
    cell: (row) => (
      <span className="mono">{row.gid === 1 ? row.sid : `${row.gid}:${row.sid}`}</span>
    ),
  },
  {
    id: 'msg',
    label: 'Message',
    phone: 'full',
    cell: (row) => row.msg,
  },
  {
    id: 'state',
    label: 'State',
    tight: true,
    phone: 'top',
    cell: (row) => <StateBadges row={row} />,
  },
  {
    id: 'alerts',
    label: 'Alerts',
    end: true,
    phone: 'labelled',
    cell: (row) => formatCount(row.alerts),
  },
  {
    id: 'last',
    label: 'Last seen',
    tight: true,
    phone: 'out',
    cell: (row) => <Ago value={row.last_seen} />,
  },
  {
    id: 'prefilter',
    label: 'Found by',
    name: true,
    roomy: true,
    phone: 'out',
    cell: (row) => <span className="mono muted">{row.prefilter}</span>,
  },
];

const STATES = [
  ['', 'All rules'],
  ['active', 'Active'],
  ['disabled', 'Disabled here'],
  ['commented', 'Commented out'],
] as const;

function StateBadges({ row }: { readonly row: SignatureRuleRow }) {
  const on = row.state === 'active';
  const pending = row.enabled !== null && row.enabled !== on;
  return (
    <span className="state-badges">
      <Badge tone={on ? 'ok' : 'plain'}>{row.state}</Badge>
      {pending && <Badge tone="info">{row.enabled ? 'to be enabled' : 'to be disabled'}</Badge>}
      {row.threshold !== null && <Badge tone="plum">own rate</Badge>}
      {row.suppress !== null && (
        <Badge tone="plum">
          {row.suppress.track === 'always' ? 'suppressed' : 'partly suppressed'}
        </Badge>
      )}
    </span>
  );
}

interface RulesTabProps {
  readonly set: SignatureSetDetail;
  readonly owned: boolean;
}

export function RulesTab({ set, owned }: RulesTabProps) {
  const url = useUrlState();
  const filters = readFilters(url.params, ['search', 'state']);
  const [gid = 0, sid = 0] = (url.params.get('rule') ?? '').split(':').map(Number);
  const open = gid > 0 && sid > 0 ? { gid, sid } : undefined;
  return (
    <>
      <div className="filter-bar">
        <SearchField label="Find rules" placeholder="Signature id or message" />
        <select
          className="input signature-state-select"
          aria-label="State of rules"
          value={filters['state'] ?? ''}
          onChange={(event) => url.patch({ state: event.target.value, rule: null })}
        >
          {STATES.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <div className="list-layout" data-details={open !== undefined}>
        <div className="panel">
          <RuleRows set={set} filters={filters} selected={open && `${gid}:${sid}`} />
        </div>
        {open !== undefined && (
          <RulePanel
            key={`${gid}:${sid}`}
            set={set.name}
            rule={open}
            owned={owned}
            onClose={() => {
              url.patch({ rule: null });
              focusRow(`${gid}:${sid}`);
            }}
          />
        )}
      </div>
    </>
  );
}

function focusRow(key: string): void {
  document.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"] .row-open`)?.focus();
}

interface RuleRowsProps {
  readonly set: SignatureSetDetail;
  readonly filters: Readonly<Record<string, string>>;
  readonly selected: string | undefined;
}

function RuleRows({ set, filters, selected }: RuleRowsProps) {
  const url = useUrlState();
  const pages = useRules(set.name, { ...rangeQuery(url.range), ...filters });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  if (pages.isPending) return <Skeleton lines={10} />;
  if (pages.error !== null && rows.length === 0) {
    return <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />;
  }
  if (rows.length === 0) {
    const compiled = set.newest !== null;
    return (
      <EmptyState title={compiled ? 'No rule matches' : 'Nothing is compiled yet'}>
        {compiled
          ? 'Search takes a signature id or part of a message.'
          : 'Add files and compile the set: its rules are listed here.'}
      </EmptyState>
    );
  }
  return (
    <>
      <EventTable
        label="rules"
        columns={COLUMNS}
        rows={rows}
        keyOf={(row) => `${row.gid}:${row.sid}`}
        selected={selected ?? null}
        onOpen={(row) => url.patch({ rule: `${row.gid}:${row.sid}` })}
      />
      <LoadMore shown={rows.length} pages={pages} />
    </>
  );
}
