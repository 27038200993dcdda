// The week of a device as a heat map: what it did in each of the 168 hours, or what is expected of it. Invariant: the
// colour only helps; every hour says its figures in words.
import { useState } from 'react';
import type { DeviceProfile } from '../api/contract.ts';
import { formatBytes, formatCount } from '../format/quantity.ts';
import { formatUtc } from '../format/time.ts';
import { DAYS, localWeek, type Metric, mostOf, type Side, type WeekHour, warmth } from './week.ts';

const METRICS: readonly (readonly [Metric, string])[] = [
  ['bytes_received', 'Received'],
  ['bytes_sent', 'Sent'],
  ['flows', 'Flows'],
];
const SIDES: readonly (readonly [Side, string])[] = [
  ['seen', 'Seen'],
  ['expected', 'Expected'],
];
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

export function DeviceWeek({ profile }: { readonly profile: DeviceProfile }) {
  const [metric, setMetric] = useState<Metric>('bytes_received');
  const [side, setSide] = useState<Side>('seen');
  const most = mostOf(profile.week, side, metric);
  const rows = localWeek(profile.week, new Date().getTimezoneOffset());
  return (
    <section className="panel" aria-labelledby="week-title">
      <div className="panel-head">
        <h2 id="week-title">Its week</h2>
        <Learning profile={profile} />
      </div>
      <div className="panel-body week">
        <div className="week-choices">
          <Choices label="What" options={METRICS} chosen={metric} onChoose={setMetric} />
          <Choices label="Seen or expected" options={SIDES} chosen={side} onChoose={setSide} />
        </div>
        <div className="week-scroll">
          <table className="week-map">
            <caption className="visually-hidden">
              {side === 'seen' ? 'Means' : 'Expectations'} of each hour of the week, local time
            </caption>
            <thead>
              <tr>
                <td />
                {HOURS.map((hour) => (
                  <th key={hour} scope="col">
                    {hour}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((hours, day) => (
                <tr key={DAYS[day]}>
                  <th scope="row">{DAYS[day]}</th>
                  {hours.map((each, hour) => (
                    <HourCell
                      // biome-ignore lint/suspicious/noArrayIndexKey: hours are their places.
                      key={hour}
                      hour={each}
                      when={`${DAYS[day]} ${HOURS[hour]}:00`}
                      heat={warmth(each[side]?.[metric], most)}
                      unknown={each[side] === null}
                      metric={metric}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <p className="muted week-foot">
          {side === 'seen'
            ? `Means of ${profile.days} ${profile.days === 1 ? 'day' : 'days'} until it was last seen`
            : 'What analysis expects by the weeks before'}
          , local time; the warmest hour is {textOf(most, metric)}.
        </p>
      </div>
    </section>
  );
}

function Learning({ profile }: { readonly profile: DeviceProfile }) {
  const { since, learned_hours, needed_hours, judged } = profile;
  if (since === null)
    return <span className="muted">analysis has not judged an hour of it yet</span>;
  if (learned_hours < needed_hours) {
    return (
      <span className="muted">
        learning: {formatCount(learned_hours)} of {formatCount(needed_hours)} hours
      </span>
    );
  }
  return (
    <span
      className="muted"
      title={judged === null ? undefined : `judged until ${formatUtc(judged)}`}
    >
      learned from {formatCount(learned_hours)} hours
    </span>
  );
}

const textOf = (value: number | undefined, metric: Metric): string =>
  metric === 'flows'
    ? `${formatCount(Math.round(value ?? 0))} flows`
    : formatBytes(Math.round(value ?? 0));

interface HourCellProps {
  readonly hour: WeekHour;
  readonly when: string;
  readonly heat: number;
  readonly unknown: boolean;
  readonly metric: Metric;
}

function HourCell({ hour, when, heat, unknown, metric }: HourCellProps) {
  const seen = hour.seen === null ? 'not watched' : textOf(hour.seen[metric], metric);
  const expected =
    hour.expected === null ? '' : `, expected ${textOf(hour.expected[metric], metric)}`;
  const text = `${when}: ${seen}${expected}`;
  return (
    <td
      className={unknown ? 'unknown' : undefined}
      style={{ ['--heat' as string]: `${Math.round(heat * 100)}%` }}
      title={text}
    >
      <span className="visually-hidden">{text}</span>
    </td>
  );
}

interface ChoicesProps<Value extends string> {
  readonly label: string;
  readonly options: readonly (readonly [Value, string])[];
  readonly chosen: Value;
  readonly onChoose: (value: Value) => void;
}

function Choices<Value extends string>(props: ChoicesProps<Value>) {
  const { label, options, chosen, onChoose } = props;
  return (
    <fieldset className="week-choice">
      <legend className="visually-hidden">{label}</legend>
      {options.map(([value, text]) => (
        <button
          key={value}
          type="button"
          className="button small"
          aria-pressed={value === chosen}
          onClick={() => onChoose(value)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}
