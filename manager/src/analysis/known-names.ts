/**
 * Names that say by themselves what is behind them: pools of miners. Collected by us from the pools' own pages;
 * what a site wants to add it adds by an indicator list (docs/signatures.md), which alerts.
 */

const MINING_POOLS: ReadonlySet<string> = new Set([
  '2miners.com',
  'antpool.com',
  'braiins.com',
  'ethermine.org',
  'f2pool.com',
  'flypool.org',
  'hashvault.pro',
  'herominers.com',
  'hiveon.net',
  'minexmr.com',
  'moneroocean.stream',
  'nanopool.org',
  'nicehash.com',
  'poolin.com',
  'ravenminer.com',
  'slushpool.com',
  'supportxmr.com',
  'unmineable.com',
  'viabtc.com',
  'woolypooly.com',
  'xmrpool.eu',
]);

/** The name, or one above it, is a pool's. */
export function isMiningPool(name: string): boolean {
  for (let at = 0; at !== -1; ) {
    if (MINING_POOLS.has(name.slice(at))) return true;
    const dot = name.indexOf('.', at);
    at = dot === -1 ? -1 : dot + 1;
  }
  return false;
}
