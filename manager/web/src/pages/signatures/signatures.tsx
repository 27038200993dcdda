// Signatures: the sets kept here, what each sensor matches with, and which of them fire.
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { SignatureOverview, SignatureSet } from '../../api/contract.ts';
import { signaturesApi, useChange, useSignatures } from '../../api/signatures.ts';
import { Badge } from '../../controls/badge.tsx';
import { TextField } from '../../controls/text-field.tsx';
import { formatBytes, formatCount } from '../../format/quantity.ts';
import { PageHead } from '../../shell/page-head.tsx';
import { EmptyState } from '../../states/empty-state.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { useUrlState } from '../../url/url-state.ts';
import { HitsPanel } from './hits-panel.tsx';
import { LoadedPanel } from './loaded-panel.tsx';
import { contentsOf } from './shared.tsx';
import './signatures.css';

export default function Signatures() {
  const overview = useSignatures();
  return (
    <div className="page">
      <PageHead title="Signatures" />
      {overview.isPending && (
        <div className="panel">
          <Skeleton />
        </div>
      )}
      {overview.error !== null && overview.data === undefined && (
        <div className="panel">
          <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />
        </div>
      )}
      {overview.data !== undefined && (
        <div className="signature-panels">
          <SetsPanel overview={overview.data} />
          <LoadedPanel overview={overview.data} />
        </div>
      )}
      <HitsPanel />
    </div>
  );
}

function SetsPanel({ overview }: { readonly overview: SignatureOverview }) {
  const { owner, sets } = overview;
  return (
    <section className="panel signature-panel" aria-labelledby="sets-title">
      <h2 id="sets-title">Sets</h2>
      {owner === 'operator' ? (
        <p className="muted">
          The SignatureSets of Kubernetes say what these sensors match with: change them with
          kubectl. What they load and what fires is shown here.
        </p>
      ) : (
        <>
          {sets.length === 0 && (
            <EmptyState title="No set of signatures yet" compact>
              Make a set, add rule files to it, compile it, and activate the version: sensors load
              it without losing a packet.
            </EmptyState>
          )}
          <ul className="signature-sets">
            {sets.map((set) => (
              <SetLine key={set.name} set={set} />
            ))}
          </ul>
          <NewSet />
        </>
      )}
    </section>
  );
}

function SetLine({ set }: { readonly set: SignatureSet }) {
  const url = useUrlState();
  const { newest, activeVersion } = set;
  return (
    <li>
      <Link className="link strong" href={url.page('/signature', { name: set.name })}>
        {set.name}
      </Link>
      {activeVersion !== null && <Badge tone="ok">version {activeVersion} active</Badge>}
      {set.changed && (
        <Badge tone="info">{newest === null ? 'not compiled' : 'changed since'}</Badge>
      )}
      {newest !== null && newest.errors > 0 && (
        <Badge tone="warn">
          {formatCount(newest.errors)} {newest.errors === 1 ? 'error' : 'errors'}
        </Badge>
      )}
      <span className="muted grow">
        {newest === null ? '' : `${contentsOf(newest)}, `}
        {set.files} {set.files === 1 ? 'file' : 'files'}, {formatBytes(set.sizeBytes)}
        {set.overrides === 0 ? '' : `, ${formatCount(set.overrides)} rules changed here`}
      </span>
    </li>
  );
}

function NewSet() {
  const [name, setName] = useState('');
  const [, navigate] = useLocation();
  const url = useUrlState();
  const { change, problem, busy } = useChange();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void change(() => signaturesApi.create(name)).then((made) => {
      if (made) navigate(url.page('/signature', { name, tab: 'files' }));
    });
  };
  return (
    <form className="signature-form" onSubmit={submit}>
      <TextField
        label="New set"
        required
        maxLength={63}
        pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
        title="lower-case letters, digits and -"
        placeholder="e.g. local"
        value={name}
        onText={setName}
      />
      <button type="submit" className="button" disabled={busy}>
        Create set
      </button>
      {problem !== '' && (
        <p className="note error" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
