// Pieces that the signature pages share.
import { useEffect, useState } from 'react';
import type { SignatureVersion } from '../../api/contract.ts';
import { formatCount } from '../../format/quantity.ts';
import { formatAgo, formatUtc } from '../../format/time.ts';
import { Icon } from '../../shell/icon.tsx';
import { useUrlState } from '../../url/url-state.ts';

/** Typing settles before the manager is asked. */
const SETTLE_MS = 300;

export function Ago({ value }: { readonly value: string | null }) {
  if (value === null) return null;
  return (
    <time dateTime={value} title={formatUtc(value)}>
      {formatAgo(value, Date.now())}
    </time>
  );
}

/** "13,655 rules, 210 entries of lists" */
export function contentsOf({ loaded, indicators }: SignatureVersion): string {
  const entries = indicators === 0 ? '' : `, ${formatCount(indicators)} entries of lists`;
  return `${formatCount(loaded)} ${loaded === 1 ? 'rule' : 'rules'}${entries}`;
}

interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
}

/** The `search` of the URL, as an input. */
export function SearchField({ label, placeholder }: SearchFieldProps) {
  const url = useUrlState();
  const given = url.params.get('search') ?? '';
  const [text, setText] = useState(given);
  const { patch } = url;
  useEffect(() => setText(given), [given]);
  useEffect(() => {
    if (text === given) return;
    const timer = setTimeout(
      () => patch({ search: text, rule: null }, { replace: true }),
      SETTLE_MS,
    );
    return () => clearTimeout(timer);
  }, [text, given, patch]);
  return (
    <div className="filter-input">
      <Icon name="search" />
      <input
        className="input"
        data-search
        type="search"
        aria-label={label}
        placeholder={placeholder}
        maxLength={253}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}

interface SureButtonProps {
  readonly label: string;
  /** Where the label alone does not say of what. */
  readonly name?: string;
  /** What the second button says. */
  readonly sure: string;
  readonly disabled?: boolean;
  readonly onSure: () => void;
}

/** Asks once more before what cannot be taken back. */
export function SureButton({ label, name = label, sure, disabled, onSure }: SureButtonProps) {
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <button
        type="button"
        className="button small"
        aria-label={name}
        disabled={disabled}
        onClick={() => setAsked(true)}
      >
        {label}
      </button>
    );
  }
  const decide = () => {
    setAsked(false);
    onSure();
  };
  return (
    <>
      <button type="button" className="button small danger" disabled={disabled} onClick={decide}>
        {sure}
      </button>
      <button type="button" className="button small" onClick={() => setAsked(false)}>
        Keep
      </button>
    </>
  );
}
