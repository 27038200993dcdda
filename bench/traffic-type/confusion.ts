/**
 * A confusion matrix, with precision, recall and F1 of each kind and their mean.
 *
 * Invariant: macro F1 is the mean over the kinds that occur as truth; a kind that is told but never true
 * lowers the precision of nothing, yet the recall of those it was told of.
 */
export interface Judged {
  readonly truth: string;
  readonly told: string;
}

export function confusion(
  judged: readonly Judged[],
  markdown: boolean,
): { readonly text: string; readonly macroF1: number } {
  const kinds = [...new Set(judged.flatMap(({ truth, told }) => [truth, told]))].sort();
  const truths = kinds.filter((kind) => judged.some(({ truth }) => truth === kind));
  const count = (truth: string, told: string): number =>
    judged.filter((each) => each.truth === truth && each.told === told).length;
  const rows: string[][] = [['truth \\ told', ...kinds, 'recall', 'precision', 'F1']];
  let sum = 0;
  for (const truth of truths) {
    const right = count(truth, truth);
    const all = judged.filter((each) => each.truth === truth).length;
    const told = judged.filter((each) => each.told === truth).length;
    const recall = right / all;
    const precision = told === 0 ? 0 : right / told;
    const f1 = right === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    sum += f1;
    const cells = kinds.map((kind) => String(count(truth, kind) || '.'));
    rows.push([truth, ...cells, ...[recall, precision, f1].map((value) => value.toFixed(2))]);
  }
  return {
    text: markdown ? asMarkdown(rows) : rows.map((row) => row.map(padded).join(' ')).join('\n'),
    macroF1: truths.length === 0 ? 0 : sum / truths.length,
  };
}

function padded(cell: string, column: number): string {
  return column === 0 ? cell.padEnd(16) : cell.slice(0, 9).padStart(9);
}

function asMarkdown(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((row) => `| ${row.map((cell) => cell.replace('\\', '/')).join(' | ')} |`);
  lines.splice(1, 0, `|${(rows[0] ?? []).map(() => '---').join('|')}|`);
  return lines.join('\n');
}
