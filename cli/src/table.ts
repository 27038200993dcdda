/** Rows as a plain text table: columns as wide as they need, the last one unpadded. */

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  /** Numbers read better aligned to the right. */
  readonly right?: boolean;
}

export function formatTable<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const cells = [
    columns.map((column) => column.title.toUpperCase()),
    ...rows.map((row) => columns.map((column) => printable(column.value(row)))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, i) => {
          const width = widths[i] ?? 0;
          if (columns[i]?.right === true) return cell.padStart(width);
          return i === columns.length - 1 ? cell : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Names come from the network: control characters must not reach a terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
}
