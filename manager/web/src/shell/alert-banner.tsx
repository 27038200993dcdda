// Grave findings on whatever page one is: told by the live feed the moment they are found, said away one by one or
// hidden until something new comes. Invariant: what is hidden is hidden in this tab alone and stays open; who
// acknowledges says so to all.
import { useState } from 'react';
import { Link } from 'wouter';
import { URGENT_SCORE, URGENT_SHOWN, useSetStatus, useUrgentFindings } from '../api/analysis.ts';
import type { AnomalyRow } from '../api/contract.ts';
import { formatAgo, formatUtc } from '../format/time.ts';
import { useUrlState } from '../url/url-state.ts';
import { Icon } from './icon.tsx';

const HIDDEN_KEY = 'netmoth.hidden-findings';

function hiddenBefore(): ReadonlySet<string> {
  try {
    return new Set(sessionStorage.getItem(HIDDEN_KEY)?.split(' '));
  } catch {
    return new Set();
  }
}

function keepHidden(ids: ReadonlySet<string>): void {
  try {
    sessionStorage.setItem(HIDDEN_KEY, [...ids].join(' '));
  } catch {
    // Without storage it lasts until the page is loaded anew.
  }
}

export function AlertBanner() {
  const urgent = useUrgentFindings();
  const [hidden, setHidden] = useState(hiddenBefore);
  const all = urgent.data?.items ?? [];
  const shown = all.filter((row) => !hidden.has(row.id));
  const [first] = shown;
  const hide = () => {
    const ids = new Set(all.map(({ id }) => id));
    keepHidden(ids);
    setHidden(ids);
  };
  return (
    <div role="status">
      {first !== undefined && (
        <Finding key={first.id} finding={first} among={shown.length} onHide={hide} />
      )}
    </div>
  );
}

interface FindingProps {
  readonly finding: AnomalyRow;
  readonly among: number;
  readonly onHide: () => void;
}

function Finding({ finding, among, onHide }: FindingProps) {
  const url = useUrlState();
  const setStatus = useSetStatus(finding.id);
  const { summary, event, score, src_ip } = finding;
  const time = finding.last_time ?? finding.time;
  const open = { type: 'behaviour', status: 'open', min_score: String(URGENT_SCORE), last: '24h' };
  return (
    <section className="banner alert-banner" aria-label="Grave finding">
      <Icon name="anomalies" />
      <p>
        <strong>{score} of 100.</strong> {summary ?? event}{' '}
        <time className="muted" dateTime={time} title={formatUtc(time)}>
          {formatAgo(time, Date.now())}
        </time>{' '}
        {setStatus.error !== null && <span role="alert">{setStatus.error.message}</span>}
      </p>
      <span className="banner-actions">
        <button
          type="button"
          className="button small"
          disabled={setStatus.isPending}
          onClick={() => setStatus.mutate('acknowledged')}
        >
          Acknowledge
        </button>
        {src_ip !== null && (
          <Link className="button small" href={url.page('/device', { ip: src_ip })}>
            Device
          </Link>
        )}
        <Link className="button small" href={url.page('/anomalies', open)}>
          {among === 1 ? 'Look' : `All ${among === URGENT_SHOWN ? `${among} and more` : among}`}
        </Link>
        <button type="button" className="button quiet small" onClick={onHide}>
          Hide
        </button>
      </span>
    </section>
  );
}
