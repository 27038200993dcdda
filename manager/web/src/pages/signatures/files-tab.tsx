// The files and variables of a set: uploaded, or written here where they are small.
import { type ChangeEvent, type FormEvent, useState } from 'react';
import type { SignatureFile, SignatureSetDetail } from '../../api/contract.ts';
import { fileUrl, type GivenFile, signaturesApi, useChange } from '../../api/signatures.ts';
import { Badge } from '../../controls/badge.tsx';
import { TextArea } from '../../controls/text-area.tsx';
import { TextField } from '../../controls/text-field.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { EmptyState } from '../../states/empty-state.tsx';
import { ListFields } from './list-fields.tsx';
import { Ago, SureButton } from './shared.tsx';
import { VariablesForm } from './variables-form.tsx';

/** Larger files are for an editor. */
const EDITABLE_BYTES = 256 * 1024;

const RULE_HINT =
  'alert http any any -> $HOME_NET any (msg:"…"; http.uri; content:"/admin"; sid:1000001; rev:1;)';
const LIST_HINT = '192.0.2.7\nevil.example\nhttp://evil.example/path';

interface FilesTabProps {
  readonly set: SignatureSetDetail;
  readonly owned: boolean;
}

interface Draft {
  readonly name: string;
  readonly text: string;
  readonly list: GivenFile['list'];
}
const NO_DRAFT: Draft = { name: '', text: '', list: null };

export function FilesTab({ set, owned }: FilesTabProps) {
  const { change, problem, busy } = useChange();
  const [draft, setDraft] = useState(NO_DRAFT);
  const [list, setList] = useState<GivenFile['list']>(null);
  const edit = ({ name, list: options }: SignatureFile) =>
    change(async () => {
      const response = await fetch(fileUrl(set.name, name));
      if (!response.ok) throw new Error(`${name} could not be read`);
      setDraft({ name, text: await response.text(), list: options });
    });
  const upload = (event: ChangeEvent<HTMLInputElement>) => {
    const files = [...(event.target.files ?? [])];
    event.target.value = '';
    void change(async () => {
      for (const file of files) await signaturesApi.putFile(set.name, file.name, { file, list });
    });
  };
  return (
    <div className="signature-panels">
      <div className="signature-column">
        <section className="panel signature-panel" aria-labelledby="files-title">
          <h2 id="files-title">Files</h2>
          {problem !== '' && (
            <p className="note error" role="alert">
              {problem}
            </p>
          )}
          {set.fileList.length === 0 && (
            <EmptyState title="No files yet" compact>
              Suricata rules or indicator lists, plain or gzip. Files named classification.config,
              reference.config and threshold.config are read as such.
            </EmptyState>
          )}
          <ul className="signature-files">
            {set.fileList.map((file) => (
              <FileLine
                key={file.name}
                file={file}
                set={set.name}
                owned={owned}
                onEdit={() => void edit(file)}
                onRemove={() => void change(() => signaturesApi.removeFile(set.name, file.name))}
              />
            ))}
          </ul>
          {owned && <ListFields title="Uploaded files are" list={list} onList={setList} />}
          {owned && (
            <label className="button signature-upload">
              <span>Upload files</span>
              <input type="file" multiple className="visually-hidden" onChange={upload} />
            </label>
          )}
        </section>
        <VariablesForm set={set} owned={owned} />
      </div>
      {owned && (
        <FileForm
          draft={draft}
          busy={busy}
          onDraft={setDraft}
          onSave={() =>
            change(() =>
              signaturesApi.putFile(set.name, draft.name, {
                file: new Blob([draft.text]),
                list: draft.list,
              }),
            ).then((saved) => void (saved && setDraft(NO_DRAFT)))
          }
        />
      )}
    </div>
  );
}

interface FileLineProps {
  readonly file: SignatureFile;
  readonly set: string;
  readonly owned: boolean;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

function FileLine({ file, set, owned, onEdit, onRemove }: FileLineProps) {
  return (
    <li>
      <a className="link mono" href={fileUrl(set, file.name)} download={file.name}>
        {file.name}
      </a>
      {file.list !== null && <Badge tone="plum">list</Badge>}
      <span className="grow muted">
        {formatBytes(file.sizeBytes)}, by {file.changedBy} <Ago value={file.changedAt} />
      </span>
      {owned && file.sizeBytes <= EDITABLE_BYTES && (
        <button
          type="button"
          className="button small"
          aria-label={`Edit ${file.name}`}
          onClick={onEdit}
        >
          Edit
        </button>
      )}
      {owned && (
        <SureButton
          label="Remove"
          name={`Remove ${file.name}`}
          sure={`Remove “${file.name}”`}
          onSure={onRemove}
        />
      )}
    </li>
  );
}

interface FileFormProps {
  readonly draft: Draft;
  readonly busy: boolean;
  readonly onDraft: (draft: Draft) => void;
  readonly onSave: () => Promise<void>;
}

function FileForm({ draft, busy, onDraft, onSave }: FileFormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void onSave();
  };
  return (
    <section className="panel signature-panel" aria-labelledby="write-title">
      <h2 id="write-title">Write a file</h2>
      <form className="signature-editor" onSubmit={submit}>
        <TextField
          label="File name"
          required
          maxLength={128}
          placeholder="local.rules"
          value={draft.name}
          onText={(name) => onDraft({ ...draft, name })}
        />
        <ListFields
          title="It is"
          list={draft.list}
          onList={(list) => onDraft({ ...draft, list })}
        />
        <TextArea
          label={draft.list === null ? 'Rules' : 'Entries'}
          rows={10}
          required
          placeholder={draft.list === null ? RULE_HINT : LIST_HINT}
          value={draft.text}
          onText={(text) => onDraft({ ...draft, text })}
        />
        <button type="submit" className="button" disabled={busy}>
          Save file
        </button>
      </form>
    </section>
  );
}
