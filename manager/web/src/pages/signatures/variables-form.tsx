// The variables of a set, one NAME=VALUE a line.
import { type FormEvent, useState } from 'react';
import type { SignatureSetDetail } from '../../api/contract.ts';
import { signaturesApi, useChange } from '../../api/signatures.ts';
import { TextArea } from '../../controls/text-area.tsx';

interface VariablesFormProps {
  readonly set: SignatureSetDetail;
  readonly owned: boolean;
}

const textOf = (variables: Readonly<Record<string, string>>) =>
  Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

function variablesOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`“${line}” is no NAME=VALUE`);
      return [line.slice(0, at).trim().replace(/^\$/, ''), line.slice(at + 1).trim()];
    }),
  );
}

export function VariablesForm({ set, owned }: VariablesFormProps) {
  const { change, problem, busy } = useChange();
  const stored = textOf(set.variables);
  const [edited, setEdited] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void change(async () =>
      signaturesApi.putVariables(set.name, variablesOf(edited ?? stored)),
    ).then((saved) => void (saved && setEdited(null)));
  };
  return (
    <section className="panel signature-panel" aria-labelledby="variables-title">
      <h2 id="variables-title">Variables</h2>
      <form className="signature-editor" onSubmit={submit}>
        <TextArea
          label="NAME=VALUE, one a line"
          hint="Those that a stock Suricata defines have its values where they are not here."
          rows={4}
          readOnly={!owned}
          placeholder="HOME_NET=[10.0.0.0/8,192.168.0.0/16]"
          value={edited ?? stored}
          onText={setEdited}
        />
        {owned && (
          <button type="submit" className="button" disabled={busy || edited === null}>
            Save variables
          </button>
        )}
        {problem !== '' && (
          <p className="note error" role="alert">
            {problem}
          </p>
        )}
      </form>
    </section>
  );
}
