// One set (`/signature?name=…`): its rules, files, faults and versions. Tab, search and the open rule are
// in the URL.
import { Link } from 'wouter';
import type { SignatureSetDetail } from '../../api/contract.ts';
import { signaturesApi, useChange, useSignatureSet, useSignatures } from '../../api/signatures.ts';
import { Badge } from '../../controls/badge.tsx';
import { formatCount } from '../../format/quantity.ts';
import { PageHead } from '../../shell/page-head.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { useUrlState } from '../../url/url-state.ts';
import { NotFound } from '../not-found.tsx';
import '../overview/overview.css';
import { FaultsTab } from './faults-tab.tsx';
import { FilesTab } from './files-tab.tsx';
import { HistoryTab } from './history-tab.tsx';
import { RulesTab } from './rules-tab.tsx';
import { contentsOf } from './shared.tsx';
import './signatures.css';
import { VersionsTab } from './versions-tab.tsx';

const TABS = ['rules', 'files', 'faults', 'versions', 'history'] as const;
type Tab = (typeof TABS)[number];

export default function SignatureSet() {
  const url = useUrlState();
  const name = url.params.get('name') ?? '';
  const set = useSignatureSet(name);
  const owned = useSignatures().data?.owner === 'manager';
  if (name === '') return <NotFound />;
  return (
    <div className="page">
      <PageHead title={name} />
      <p>
        <Link className="link" href={url.page('/signatures')}>
          All signatures
        </Link>
      </p>
      {set.isPending && (
        <div className="panel">
          <Skeleton />
        </div>
      )}
      {set.error !== null && set.data === undefined && (
        <div className="panel">
          <ErrorState error={set.error} onRetry={() => void set.refetch()} />
        </div>
      )}
      {set.data !== undefined && (
        <>
          <StatePanel set={set.data} owned={owned} />
          <Tabs set={set.data} owned={owned} />
        </>
      )}
    </div>
  );
}

interface PartProps {
  readonly set: SignatureSetDetail;
  /** It may be changed here. */
  readonly owned: boolean;
}

function StatePanel({ set, owned }: PartProps) {
  const { change, problem, busy } = useChange();
  const { newest, activeVersion, changed } = set;
  const idle = newest !== null && newest.number !== activeVersion;
  return (
    <section className="panel signature-state" aria-label="State of this set">
      <span className="grow">
        {newest === null ? (
          'Not compiled yet.'
        ) : (
          <>
            Version {newest.number} has {contentsOf(newest)}
            {newest.failed > 0 &&
              `, ${formatCount(newest.failed)} ${newest.failed === 1 ? 'does' : 'do'} not load`}
            .{' '}
            {activeVersion === null ? (
              <Badge tone="plain">not active</Badge>
            ) : (
              <Badge tone="ok">version {activeVersion} is active</Badge>
            )}{' '}
            {changed && <Badge tone="info">changed since</Badge>}
          </>
        )}
      </span>
      {owned && (
        <>
          <button
            type="button"
            className={changed ? 'button primary' : 'button'}
            disabled={busy || set.files === 0 || !changed}
            onClick={() => void change(() => signaturesApi.compile(set.name))}
          >
            {busy ? 'Working …' : `Compile version ${(newest?.number ?? 0) + 1}`}
          </button>
          {idle && (
            <button
              type="button"
              className={changed ? 'button' : 'button primary'}
              disabled={busy}
              onClick={() => void change(() => signaturesApi.activate(set.name, newest.number))}
            >
              Activate version {newest.number}
            </button>
          )}
        </>
      )}
      {problem !== '' && (
        <p className="note error" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

function Tabs({ set, owned }: PartProps) {
  const url = useUrlState();
  const asked = url.params.get('tab');
  const tab: Tab = TABS.find((one) => one === asked) ?? (set.newest === null ? 'files' : 'rules');
  const faults = (set.newest?.errors ?? 0) + (set.newest?.warnings ?? 0);
  const labels: Readonly<Record<Tab, string>> = {
    rules: 'Rules',
    files: `Files (${set.files})`,
    faults: `Faults (${formatCount(faults)})`,
    versions: `Versions (${set.versions.length})`,
    history: 'History',
  };
  return (
    <section aria-label="Contents of this set" className="tabbed">
      <div className="tabs">
        {TABS.map((one) => (
          <button
            key={one}
            type="button"
            className="button"
            aria-pressed={tab === one}
            onClick={() => url.patch({ tab: one, search: null, state: null, rule: null })}
          >
            {labels[one]}
          </button>
        ))}
      </div>
      {tab === 'rules' && <RulesTab set={set} owned={owned} />}
      {tab === 'files' && <FilesTab set={set} owned={owned} />}
      {tab === 'faults' && <FaultsTab set={set} />}
      {tab === 'versions' && <VersionsTab set={set} owned={owned} />}
      {tab === 'history' && <HistoryTab set={set.name} />}
    </section>
  );
}
