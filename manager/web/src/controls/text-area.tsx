// A labelled field of several lines. The label stands beside it: enclosing it would take its text for a
// part of the label's.
import { type ComponentProps, useId } from 'react';

interface TextAreaProps extends Omit<ComponentProps<'textarea'>, 'onChange' | 'className' | 'id'> {
  readonly label: string;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly hint?: string;
}

export function TextArea({ label, onText, hint, ...area }: TextAreaProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        {...area}
        id={id}
        className="input mono"
        spellCheck={false}
        onChange={(event) => onText(event.target.value)}
      />
      {hint !== undefined && <small>{hint}</small>}
    </div>
  );
}
