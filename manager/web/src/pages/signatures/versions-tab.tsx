// The versions of a set, newest first: any of them may be activated, an older one to go back.
import { useLocation } from 'wouter';
import type { SignatureSetDetail, SignatureVersion } from '../../api/contract.ts';
import { signaturesApi, useChange } from '../../api/signatures.ts';
import { Badge } from '../../controls/badge.tsx';
import { formatBytes, formatCount } from '../../format/quantity.ts';
import { EmptyState } from '../../states/empty-state.tsx';
import { Ago, contentsOf, SureButton } from './shared.tsx';

interface VersionsTabProps {
  readonly set: SignatureSetDetail;
  readonly owned: boolean;
}

export function VersionsTab({ set, owned }: VersionsTabProps) {
  const { change, problem, busy } = useChange();
  const [, navigate] = useLocation();
  const remove = () =>
    change(() => signaturesApi.remove(set.name)).then(
      (gone) => void (gone && navigate('/signatures')),
    );
  if (set.versions.length === 0) {
    return (
      <div className="panel">
        <EmptyState title="No version yet">
          Add files, then compile: a version never changes afterwards.
        </EmptyState>
      </div>
    );
  }
  return (
    <div className="panel signature-panel">
      {problem !== '' && (
        <p className="note error" role="alert">
          {problem}
        </p>
      )}
      <ul className="signature-versions">
        {set.versions.map((version) => (
          <li key={version.number}>
            <strong>Version {version.number}</strong>
            {version.active && <Badge tone="ok">active</Badge>}
            <span className="grow muted">
              <VersionFacts version={version} />
            </span>
            {owned && !version.active && (
              <button
                type="button"
                className="button small"
                disabled={busy}
                onClick={() => void change(() => signaturesApi.activate(set.name, version.number))}
              >
                Activate version {version.number}
              </button>
            )}
          </li>
        ))}
      </ul>
      {owned && set.activeVersion === null && (
        <div>
          <SureButton
            label="Delete this set"
            sure={`Delete “${set.name}” and its versions`}
            disabled={busy}
            onSure={() => void remove()}
          />
        </div>
      )}
    </div>
  );
}

function VersionFacts({ version }: { readonly version: SignatureVersion }) {
  return (
    <>
      {contentsOf(version)}, {formatCount(version.failed)} failed, {formatCount(version.disabled)}{' '}
      disabled, {formatBytes(version.sizeBytes)}, by {version.madeBy} <Ago value={version.madeAt} />
      , <code className="mono">{version.digest.slice(0, 19)}…</code>
    </>
  );
}
