// A labelled input. The label encloses it, so a click on either is the same.
import type { ComponentProps } from 'react';

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'onChange' | 'className'> {
  readonly label: string;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly hint?: string;
}

export function TextField({ label, onText, hint, ...input }: TextFieldProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input {...input} className="input" onChange={(event) => onText(event.target.value)} />
      {hint !== undefined && <small>{hint}</small>}
    </label>
  );
}
