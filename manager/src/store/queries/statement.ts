// Puts a statement together from constant texts and bound values. Invariant: no value ever becomes
// part of the text; `?` in a text is the place of the next value.

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A piece of SQL with one `?` per value. */
export interface Fragment {
  readonly sql: string;
  readonly values: readonly unknown[];
}

export function fragment(sql: string, ...values: unknown[]): Fragment {
  return { sql, values };
}

/** Joins the pieces and numbers their places: `?` becomes `$1`, `$2`, … */
export function statement(...fragments: readonly Fragment[]): Statement {
  let place = 0;
  const text = fragments.map(({ sql }) => sql.replaceAll('?', () => `$${++place}`)).join('\n');
  const values = fragments.flatMap((each) => each.values);
  if (values.length !== place) throw new Error(`${place} places for ${values.length} values`);
  return { text, values };
}
