/**
 * The table of bench/engine.
 *
 * Invariant: a figure that was not measured in this run is named as one of facts.md.
 */
export interface Row {
  readonly capture: string;
  readonly name: string;
  readonly packets: number;
  readonly bits: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly maxRssMiB: number;
}

/** ../shared/facts.md: Suricata 8.0.6, one thread, 1 GB captures, EVE to a file (flows: none). */
const SURICATA_FACTS: Readonly<Record<string, { gbps?: number; mpps?: number }>> = {
  'imix-bulk': { gbps: 1.2 },
  mixed: { gbps: 0.5 },
  small: { mpps: 0.22 },
  '100k-flows': { mpps: 0.6 },
  '1M-flows': { mpps: 0.4 },
};

/** The same with ET Open; 100,000 flows were not measured so. */
const SURICATA_FACTS_WITH_RULES: typeof SURICATA_FACTS = {
  'imix-bulk': { gbps: 0.85 },
  mixed: { gbps: 0.39 },
  small: { mpps: 0.13 },
};

const HEADER = [
  'capture',
  'program',
  'CPU-s',
  'wall s',
  'Gb/s per CPU-s',
  'Mpps per CPU-s',
  '× tcpdump',
  "× Suricata's figure of facts.md, not this run",
  'peak MiB',
];

export function markdown(rows: readonly Row[], run: { size: string; repeat: number }): string {
  const lines = rows.map((row) => cells(row, rows));
  const table = [HEADER, HEADER.map(() => '---'), ...lines].map(
    (line) => `| ${line.join(' | ')} |`,
  );
  return `# bench/engine, ${run.size}, minimum of ${run.repeat}\n\n${table.join('\n')}\n`;
}

function cells(row: Row, rows: readonly Row[]): string[] {
  const tcpdump = rows.find(({ capture, name }) => capture === row.capture && name === 'tcpdump');
  const gbps = row.bits / 1e9 / row.cpuSeconds;
  const mpps = row.packets / 1e6 / row.cpuSeconds;
  return [
    row.capture,
    row.name,
    row.cpuSeconds.toFixed(2),
    row.wallSeconds.toFixed(2),
    gbps.toFixed(2),
    mpps.toFixed(2),
    tcpdump === undefined ? '-' : (row.cpuSeconds / tcpdump.cpuSeconds).toFixed(1),
    besideFacts(row, gbps, mpps),
    row.maxRssMiB.toFixed(0),
  ];
}

function besideFacts({ capture, name }: Row, gbps: number, mpps: number): string {
  const facts = (name.endsWith('rules') ? SURICATA_FACTS_WITH_RULES : SURICATA_FACTS)[capture];
  if (facts === undefined || name === 'tcpdump') return '-';
  const ratio = facts.gbps === undefined ? mpps / (facts.mpps ?? Infinity) : gbps / facts.gbps;
  return ratio.toFixed(1);
}
