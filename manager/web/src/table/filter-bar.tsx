// The filter line: type a value or `key:value`, choose what it means; the chosen ones stand as chips.
// An ARIA combobox: arrows choose, Enter takes, Escape leaves.
import { type KeyboardEvent, useId, useState } from 'react';
import { Link } from 'wouter';
import type { ListName } from '../api/contract.ts';
import { Icon } from '../shell/icon.tsx';
import { useUrlState } from '../url/url-state.ts';
import { FILTERS, type Suggestion, suggest } from './filters.ts';

interface FilterBarProps {
  readonly list: ListName;
  readonly filters: Readonly<Record<string, string>>;
}

export function FilterInput({ list }: { readonly list: ListName }) {
  const url = useUrlState();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const id = useId();
  const suggestions = suggest(list, text);
  const unknown = text.trim() !== '' && suggestions.length === 0;

  const take = (suggestion: Suggestion | undefined) => {
    if (suggestion === undefined) return;
    url.patch({ [suggestion.key]: suggestion.value });
    setText('');
    setActive(0);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && suggestions.length > 0) {
      event.preventDefault();
      setActive((active + step + suggestions.length) % suggestions.length);
    } else if (event.key === 'Enter') {
      take(suggestions[active]);
    } else if (event.key === 'Escape') {
      if (text === '') event.currentTarget.blur();
      setText('');
    }
  };
  return (
    <div className="filter-input">
      <Icon name="search" />
      <input
        className="input"
        data-search
        role="combobox"
        aria-label={`Filter ${list}`}
        aria-expanded={suggestions.length > 0}
        aria-controls={id}
        aria-activedescendant={suggestions.length > 0 ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder={PLACEHOLDERS[list]}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <kbd title="Shortcut">/</kbd>
      <div
        id={id}
        role="listbox"
        aria-label="Filters"
        hidden={suggestions.length === 0}
        className="popover"
      >
        {suggestions.map((suggestion, index) => (
          <button
            key={suggestion.key}
            id={`${id}-${index}`}
            type="button"
            role="option"
            tabIndex={-1}
            className="menu-item"
            aria-selected={index === active}
            onClick={() => take(suggestion)}
          >
            <span>
              {suggestion.label} is <span className="mono">{suggestion.value}</span>
            </span>
            <span className="muted mono">{suggestion.key}</span>
          </button>
        ))}
      </div>
      {unknown && (
        <div className="popover" role="status">
          <p className="menu-item muted">
            No filter here takes that. Use one of {FILTERS[list].map(({ key }) => key).join(', ')}.
          </p>
        </div>
      )}
    </div>
  );
}

const PLACEHOLDERS: Readonly<Record<ListName, string>> = {
  flows: 'Filter by address, port, domain, community id',
  dns: 'Filter by address, name, record type',
  tls: 'Filter by address, server name, JA4, JA3',
  http: 'Filter by address, host, status, method',
  alerts: 'Filter by address, severity, signature id',
  anomalies: 'Filter by address or event',
  devices: 'Find by address, name or MAC',
};

export function FilterChips({ list, filters }: FilterBarProps) {
  const url = useUrlState();
  const entries = Object.entries(filters);
  if (entries.length === 0) return null;
  const none = Object.fromEntries(entries.map(([key]) => [key, null]));
  return (
    <ul className="chips" aria-label="Active filters">
      {entries.map(([key, value]) => {
        const label = FILTERS[list].find((filter) => filter.key === key)?.label ?? key;
        return (
          <li key={key} className="chip">
            <span>
              <b>{label}</b> {value}
            </span>
            <Link href={url.here({ [key]: null })} aria-label={`Remove filter ${label} ${value}`}>
              <Icon name="close" size={12} />
            </Link>
          </li>
        );
      })}
      {entries.length > 1 && (
        <li>
          <Link href={url.here(none)} className="button quiet small">
            Clear all
          </Link>
        </li>
      )}
    </ul>
  );
}
