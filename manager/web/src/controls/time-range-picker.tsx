// Chooses the time range: five presets or two moments. The choice goes into the URL.
import { type FormEvent, useState } from 'react';
import { Icon } from '../shell/icon.tsx';
import {
  PRESETS,
  rangeBounds,
  rangeLabel,
  rangeShort,
  type TimeRange,
  toLocalInput,
} from '../url/time-range.ts';
import { useUrlState } from '../url/url-state.ts';
import { Popover } from './popover.tsx';
import { TextField } from './text-field.tsx';

export function TimeRangePicker() {
  const { range, setRange } = useUrlState();
  const label = (
    <>
      <Icon name="clock" />
      <span className="range-label">{rangeLabel(range)}</span>
      <span className="range-short">{rangeShort(range)}</span>
    </>
  );
  return (
    <Popover label={label} name={`Time range: ${rangeLabel(range)}`} title="Time range">
      {(close) => {
        const choose = (chosen: TimeRange) => {
          setRange(chosen);
          close();
        };
        return (
          <>
            {PRESETS.map(({ last, label: name }) => (
              <button
                key={last}
                type="button"
                className="menu-item"
                aria-current={range.kind === 'last' && range.last === last}
                onClick={() => choose({ kind: 'last', last })}
              >
                {name}
              </button>
            ))}
            <CustomRange range={range} onChoose={choose} />
          </>
        );
      }}
    </Popover>
  );
}

interface CustomRangeProps {
  readonly range: TimeRange;
  readonly onChoose: (range: TimeRange) => void;
}

function CustomRange({ range, onChoose }: CustomRangeProps) {
  const bounds = rangeBounds(range, Date.now());
  const [since, setSince] = useState(toLocalInput(bounds.fromMs));
  const [until, setUntil] = useState(toLocalInput(bounds.toMs));
  const sinceMs = Date.parse(since);
  const untilMs = Date.parse(until);
  const valid = sinceMs < untilMs;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (valid) onChoose({ kind: 'fixed', sinceMs, untilMs });
  };
  return (
    <form className="custom-range" onSubmit={submit}>
      <TextField label="From" type="datetime-local" value={since} onText={setSince} />
      <TextField label="To" type="datetime-local" value={until} onText={setUntil} />
      {!valid && <small className="muted">“From” must be before “To”.</small>}
      <button type="submit" className="button small" disabled={!valid}>
        Use this range
      </button>
    </form>
  );
}
