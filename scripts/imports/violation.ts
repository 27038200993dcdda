// What the import rule finds. Invariant: each finding names file and line, so it can be clicked.

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule:
    | 'downward'
    | 'testkit'
    | 'package'
    | 'computed'
    | 'environment'
    | 'unresolved'
    | 'napi';
  readonly message: string;
}

/** What was read, so that a check that read nothing cannot pass for a clean one. */
export interface Findings {
  readonly files: number;
  readonly imports: number;
  readonly violations: readonly Violation[];
}

export function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf('\n'); at !== -1 && at < offset; at = source.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}
