// The rate of a rule as inputs. Invariant: without a type there is no rate of its own.
import type { SignatureThreshold } from '../../api/contract.ts';
import { TextField } from '../../controls/text-field.tsx';

export interface RateFields {
  readonly type: SignatureThreshold['type'] | '';
  readonly track: SignatureThreshold['track'];
  readonly count: string;
  readonly seconds: string;
}

const TYPES: readonly (readonly [RateFields['type'], string])[] = [
  ['', 'as in its file'],
  ['limit', 'at most so many alerts'],
  ['threshold', 'every so many matches'],
  ['both', 'once, after so many matches'],
];
const TRACKS: readonly (readonly [RateFields['track'], string])[] = [
  ['by_src', 'by source'],
  ['by_dst', 'by destination'],
  ['by_both', 'by both addresses'],
  ['by_flow', 'by flow'],
  ['by_rule', 'over all traffic'],
];

export function toFields(threshold: SignatureThreshold | null): RateFields {
  if (threshold === null) return { type: '', track: 'by_src', count: '1', seconds: '60' };
  const { count, seconds } = threshold;
  return { ...threshold, count: String(count), seconds: String(seconds) };
}

export function thresholdOf(fields: RateFields): SignatureThreshold | null {
  const { type, track, count, seconds } = fields;
  if (type === '') return null;
  return { type, track, count: Number(count), seconds: Number(seconds) };
}

interface ThresholdFieldsProps {
  readonly fields: RateFields;
  readonly onFields: (fields: RateFields) => void;
}

export function ThresholdFields({ fields, onFields }: ThresholdFieldsProps) {
  const patch = (change: Partial<RateFields>) => onFields({ ...fields, ...change });
  return (
    <>
      <label className="field">
        <span>Its rate is</span>
        <select
          className="input"
          value={fields.type}
          onChange={(event) =>
            patch({ type: TYPES.find(([type]) => type === event.target.value)?.[0] ?? '' })
          }
        >
          {TYPES.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {fields.type !== '' && (
        <div className="rate-fields">
          <TextField
            label="Count"
            type="number"
            min={1}
            required
            value={fields.count}
            onText={(count) => patch({ count })}
          />
          <TextField
            label="Seconds"
            type="number"
            min={1}
            required
            value={fields.seconds}
            onText={(seconds) => patch({ seconds })}
          />
          <label className="field">
            <span>Counted</span>
            <select
              className="input"
              value={fields.track}
              onChange={(event) =>
                patch({
                  track: TRACKS.find(([track]) => track === event.target.value)?.[0] ?? 'by_src',
                })
              }
            >
              {TRACKS.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        </div>
      )}
    </>
  );
}
