// The rows of a list as a table, cards on a phone. Invariant: a click on a row and its first cell's
// button do the same, so the keyboard misses nothing.
import type { ReactNode } from 'react';
import type { Column } from './column.ts';

interface EventTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly selected: string | null;
  readonly onOpen: (row: Row) => void;
  /** What a row opens: its details at the side, or a page. */
  readonly opens?: 'details' | 'page';
}

export function EventTable<Row>(props: EventTableProps<Row>) {
  const { label, columns, rows, keyOf, selected, onOpen, opens = 'details' } = props;
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={classesOf(column)}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = keyOf(row);
            return (
              <tr
                key={key}
                data-row={key}
                aria-selected={selected === key}
                onClick={() => {
                  if (window.getSelection()?.type !== 'Range') onOpen(row);
                }}
              >
                {columns.map((column, index) => (
                  <Cell key={column.id} column={column}>
                    {index === 0 ? (
                      <button
                        type="button"
                        className="row-open"
                        aria-haspopup={opens === 'details' ? 'dialog' : undefined}
                        onClick={(event) => {
                          event.stopPropagation();
                          onOpen(row);
                        }}
                      >
                        {column.cell(row)}
                      </button>
                    ) : (
                      column.cell(row)
                    )}
                  </Cell>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface CellProps {
  readonly column: Omit<Column<never>, 'cell'>;
  readonly children: ReactNode;
}

function Cell({ column, children }: CellProps) {
  return (
    <td
      className={classesOf(column)}
      data-label={column.phone === 'labelled' ? column.label : undefined}
      data-column={column.id}
    >
      {children}
    </td>
  );
}

function classesOf(column: CellProps['column']): string {
  return [
    column.end === true ? 'end' : '',
    column.tight === true ? 'tight' : '',
    column.name === true ? 'name' : '',
    column.roomy === true ? 'roomy' : '',
    column.phone === undefined ? '' : `phone-${column.phone}`,
  ].join(' ');
}
