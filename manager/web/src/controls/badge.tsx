// A small word with a tone. The word carries the meaning, the colour only helps.
import type { ReactNode } from 'react';

export type Tone = 'plain' | 'ok' | 'warn' | 'danger' | 'info' | 'plum';

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return <span className={tone === 'plain' ? 'badge' : `badge ${tone}`}>{children}</span>;
}
