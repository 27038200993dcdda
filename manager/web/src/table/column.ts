// A column of a list.
import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly id: string;
  readonly label: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand at the end. */
  readonly end?: boolean;
  readonly tight?: boolean;
  /** A name that may be long: one line, cut with an ellipsis. */
  readonly name?: boolean;
  /** Only where there is much room; the details have it anyway. */
  readonly roomy?: boolean;
  /** On a phone: beside the time, the whole width, left out, or with its label in front. */
  readonly phone?: 'top' | 'full' | 'out' | 'labelled';
}
