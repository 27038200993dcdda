// uPlot in React: sized by its box, coloured by the tokens, zoomed by dragging. Invariant: the plot is
// made anew only when its shape or the theme changes; new data goes into the one that is there.
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useThemeVersion } from '../theme.ts';
import { axisLabels } from './axis-time.ts';

export interface ChartSeries {
  readonly label: string;
  /** A token, such as `--luna-fill`. */
  readonly color: string;
  readonly fill?: string;
  readonly paths?: uPlot.Series.PathBuilder;
}

export interface TimeChartProps {
  readonly label: string;
  readonly height: number;
  readonly series: readonly ChartSeries[];
  readonly data: uPlot.AlignedData;
  readonly formatValue: (value: number) => string;
  readonly onHover: (index: number | null) => void;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

/** A token as the colour it is in the theme of now; a canvas knows no CSS variables. */
function colorOf(name: string, element: HTMLElement): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

export function TimeChart(props: TimeChartProps) {
  const { label, height, series, data } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const theme = useThemeVersion();
  const [width, setWidth] = useState(0);
  const shape = JSON.stringify(series.map(({ label: name, color, fill }) => [name, color, fill]));

  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme and shape stand for what is drawn.
  useEffect(() => {
    if (box.current === null || width === 0) return;
    const made = new uPlot(
      { ...optionsOf(latest, box.current), width },
      latest.current.data,
      box.current,
    );
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [theme, shape, width > 0]);

  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height });
  }, [width, height]);
  useEffect(() => plot.current?.setData(data), [data]);

  return <div ref={box} className="chart" role="img" aria-label={label} style={{ height }} />;
}

function optionsOf(
  latest: { readonly current: TimeChartProps },
  element: HTMLElement,
): Omit<uPlot.Options, 'width'> {
  const { height, series } = latest.current;
  const token = (name: string) => colorOf(name, element);
  const axis: uPlot.Axis = {
    stroke: token('--muted'),
    font: `12px ${getComputedStyle(element).fontFamily}`,
    grid: { stroke: token('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    height,
    legend: { show: false },
    padding: [8, 24, 0, 0],
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
    scales: {
      // A bar stands on its whole bucket, so the axis must hold the end of the last one.
      ...(series.some((one) => one.paths !== undefined)
        ? { x: { range: (plot, low, high) => [low, high + bucketOf(plot.data[0])] } }
        : {}),
      y: { range: (_plot, low, high) => valueRange(low, high) },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 70,
        size: 28,
        values: (_plot, times, _axis, _space, step) => axisLabels(times, step),
      },
      {
        ...axis,
        size: 86,
        space: 38,
        values: (_plot, values) => values.map((value) => latest.current.formatValue(value)),
      },
    ],
    series: [
      {},
      ...series.map((one) => ({
        label: one.label,
        stroke: token(one.color),
        width: one.paths === undefined ? 1.6 : 0,
        points: { show: false },
        ...(one.fill === undefined ? {} : { fill: token(one.fill) }),
        ...(one.paths === undefined ? {} : { paths: one.paths }),
      })),
    ],
    hooks: {
      setCursor: [(plot) => latest.current.onHover(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          const { left, width: span } = plot.select;
          if (span < 4) return;
          latest.current.onZoom(
            plot.posToVal(left, 'x') * 1_000,
            plot.posToVal(left + span, 'x') * 1_000,
          );
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Seconds of a bucket; they are evenly spaced. */
function bucketOf(times: ArrayLike<number>): number {
  return times.length < 2 ? 60 : (times[1] ?? 0) - (times[0] ?? 0);
}

/** Always holds zero, and a little air beyond the extremes. */
function valueRange(low: number, high: number): [number, number] {
  return [Math.min(0, (low ?? 0) * 1.08), Math.max(1, (high ?? 0) * 1.08)];
}
