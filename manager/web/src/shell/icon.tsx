// The line icons, 16 by 16, drawn for this page. Invariant: an icon never stands for a word alone; a
// label or an aria-label is beside it.
const PATHS = {
  overview: 'M2 13h12M3.5 10.5 6 7l3 2 3.5-5',
  flows: 'M2 5h10l-2.5-2.5M14 11H4l2.5 2.5',
  dns: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM2.5 6h11m-11 4h11M8 2c-3.5 3.5-3.5 8.5 0 12 3.5-3.5 3.5-8.5 0-12',
  tls: 'M4 7.5h8V14H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  http: 'M2 3.5h12v9H2zM2 6.5h12M4.2 5h.1',
  alerts: 'M8 2.2 14.4 13.5H1.6ZM8 6.5v3.2M8 11.6v.1',
  anomalies: 'M1.5 8H5l1.5-4 3 8L11 8h3.5',
  beacons:
    'M8 7v7M8 4.6v.1M5.2 7.4a4 4 0 0 1 0-5.6M10.8 7.4a4 4 0 0 0 0-5.6M3 9.4a7 7 0 0 1 0-9M13 9.4a7 7 0 0 0 0-9',
  privacy: 'M8 1.8 13.5 4v4c0 3.2-2.2 5.3-5.5 6.4C4.7 13.3 2.5 11.2 2.5 8V4ZM5.8 8l1.6 1.7 2.9-3.2',
  notifications: 'M4 11V7a4 4 0 0 1 8 0v4l1.2 1.5H2.8ZM6.8 14.2h2.4',
  signatures: 'M3.5 2h9v12h-9zM6 5.2h4M6 8h4M6 10.8h2.4',
  devices: 'M2 3h9v7H2zM5 13h3M11.5 6.5H14V13h-3.5v-2.5',
  topology:
    'M8 5.2V8m-1.5 1.6-2 1.6m5-1.6 2 1.6M8 1.9a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2ZM3.4 10.6a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2ZM12.6 10.6a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2ZM8 8.6v.1',
  sensors: 'M8 8.2v5.3M5.4 5.6a3.7 3.7 0 0 1 5.2 0M3 3.2a7 7 0 0 1 10 0M8 7.2v.1',
  live: 'M2.5 4h7M2.5 8h11M2.5 12h5M13 4v.1M11 12v.1',
  settings: 'M2 4.5h6m4 0h2M2 11.5h2m4 0h6M10 2.8v3.4M6 9.8v3.4',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3 14 14',
  close: 'M3.5 3.5l9 9m0-9-9 9',
  menu: 'M2 4h12M2 8h12M2 12h12',
  refresh: 'M13.5 8a5.5 5.5 0 1 1-1.7-4M13.8 1.8v3h-3',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM8 4.8V8l2.2 1.6',
  copy: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1',
  check: 'M2.5 8.5 6 12l7.5-8',
  up: 'M3.5 10 8 5.5l4.5 4.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  download: 'M8 2v8m0 0L5 7m3 3 3-3M2.5 13.5h11',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.4M8 13.6V15M1 8h1.4M13.6 8H15M3 3l1 1m8 8 1 1m0-10-1 1m-8 8-1 1',
  moon: 'M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1Z',
  auto: 'M2 3h12v8H2zM6 14h4',
  pause: 'M5 3v10M11 3v10',
  play: 'M4.5 2.8v10.4L13 8Z',
  person:
    'M8 2.5a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2ZM2.8 13.8c.5-2.6 2.5-4 5.2-4s4.7 1.4 5.2 4',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.35"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
