// Whether a file is rules or an indicator list, and what is said of the list's entries.
import type { GivenFile } from '../../api/signatures.ts';
import { TextField } from '../../controls/text-field.tsx';

type List = GivenFile['list'];

const SEVERITIES = [
  [1, 'High'],
  [2, 'Medium'],
  [3, 'Low'],
] as const;

interface ListFieldsProps {
  readonly title: string;
  readonly list: List;
  readonly onList: (list: List) => void;
}

export function ListFields({ title, list, onList }: ListFieldsProps) {
  return (
    <div className="rate-fields">
      <label className="field">
        <span>{title}</span>
        <select
          className="input"
          value={list === null ? 'rules' : 'list'}
          onChange={(event) => onList(event.target.value === 'list' ? { severity: 2 } : null)}
        >
          <option value="rules">rules</option>
          <option value="list">an indicator list</option>
        </select>
      </label>
      {list !== null && (
        <>
          <label className="field">
            <span>Severity</span>
            <select
              className="input"
              value={list.severity ?? 2}
              onChange={(event) => onList({ ...list, severity: Number(event.target.value) })}
            >
              {SEVERITIES.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <TextField
            label="Category"
            maxLength={200}
            placeholder="the name of the list"
            value={list.category ?? ''}
            onText={(category) => {
              const { category: _, ...others } = list;
              onList(category === '' ? others : { ...others, category });
            }}
          />
        </>
      )}
    </div>
  );
}
