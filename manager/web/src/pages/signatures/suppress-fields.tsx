// Which matches of a rule are no alerts, as inputs. Invariant: addresses count where a side is chosen.
import type { SignatureSuppression } from '../../api/contract.ts';
import { TextField } from '../../controls/text-field.tsx';

export interface SuppressFields {
  readonly track: SignatureSuppression['track'] | '';
  readonly addresses: string;
}

const TRACKS: readonly (readonly [SuppressFields['track'], string])[] = [
  ['', 'told'],
  ['always', 'suppressed, all of them'],
  ['by_src', 'suppressed by source'],
  ['by_dst', 'suppressed by destination'],
  ['by_either', 'suppressed by either end'],
];

export function toSuppressFields(suppress: SignatureSuppression | null): SuppressFields {
  if (suppress === null) return { track: '', addresses: '' };
  return suppress.track === 'always' ? { track: 'always', addresses: '' } : suppress;
}

export function suppressionOf({ track, addresses }: SuppressFields): SignatureSuppression | null {
  if (track === '') return null;
  return track === 'always' ? { track } : { track, addresses: addresses.trim() };
}

interface SuppressInputsProps {
  readonly fields: SuppressFields;
  readonly onFields: (fields: SuppressFields) => void;
}

export function SuppressInputs({ fields, onFields }: SuppressInputsProps) {
  const { track, addresses } = fields;
  return (
    <>
      <label className="field">
        <span>Its alerts are</span>
        <select
          className="input"
          value={track}
          onChange={(event) =>
            onFields({
              addresses,
              track: TRACKS.find(([value]) => value === event.target.value)?.[0] ?? '',
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
      {track !== '' && track !== 'always' && (
        <TextField
          label="Addresses"
          required
          placeholder="192.0.2.7, or [10.0.0.0/8, !10.1.1.1], or $HOME_NET"
          value={addresses}
          onText={(text) => onFields({ track, addresses: text })}
        />
      )}
    </>
  );
}
