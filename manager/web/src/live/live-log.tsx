// The lines of the live log, only those in sight in the document.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState } from 'react';
import type { LiveLine } from './live-buffer.ts';
import { LiveLineRow } from './live-line.tsx';

const LINE_PX = 34;

export function LiveLog({ lines }: { readonly lines: readonly LiveLine[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<number | null>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    getItemKey: (index) => lines[index]?.serial ?? index,
    overscan: 12,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <section className="live-scroll" ref={scroller} aria-label="Events" tabIndex={0}>
      <div className="live-space" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (line === undefined) return null;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              data-live-line
              className="live-item"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <LiveLineRow
                event={line.event}
                open={open === line.serial}
                onToggle={() => setOpen(open === line.serial ? null : line.serial)}
              />
            </div>
          );
        })}
      </div>
    </section>
  );
}
