// The pages, in the order of the navigation. One table for the navigation, the shortcuts and their help.
import type { IconName } from './icon.tsx';

export interface Place {
  readonly path: string;
  readonly label: string;
  readonly icon: IconName;
  /** Second key after `g`. */
  readonly key: string;
}

export const PLACE_GROUPS: readonly {
  readonly label: string;
  readonly places: readonly Place[];
}[] = [
  { label: '', places: [{ path: '/', label: 'Overview', icon: 'overview', key: 'o' }] },
  {
    label: 'Traffic',
    places: [
      { path: '/flows', label: 'Flows', icon: 'flows', key: 'f' },
      { path: '/dns', label: 'DNS', icon: 'dns', key: 'd' },
      { path: '/tls', label: 'TLS', icon: 'tls', key: 't' },
      { path: '/http', label: 'HTTP', icon: 'http', key: 'h' },
      { path: '/live', label: 'Live log', icon: 'live', key: 'l' },
    ],
  },
  {
    label: 'Detection',
    places: [
      { path: '/alerts', label: 'Alerts', icon: 'alerts', key: 'a' },
      { path: '/anomalies', label: 'Anomalies', icon: 'anomalies', key: 'n' },
      { path: '/beacons', label: 'Beacons', icon: 'beacons', key: 'b' },
      { path: '/signatures', label: 'Signatures', icon: 'signatures', key: 'i' },
      { path: '/notifications', label: 'Notifications', icon: 'notifications', key: 'm' },
    ],
  },
  {
    label: 'Inventory',
    places: [
      { path: '/devices', label: 'Devices', icon: 'devices', key: 'v' },
      { path: '/topology', label: 'Topology', icon: 'topology', key: 'y' },
      { path: '/privacy', label: 'Privacy', icon: 'privacy', key: 'p' },
      { path: '/sensors', label: 'Sensors', icon: 'sensors', key: 's' },
    ],
  },
];

export const SETTINGS: Place = { path: '/settings', label: 'Settings', icon: 'settings', key: ',' };

export const PLACES: readonly Place[] = [
  ...PLACE_GROUPS.flatMap((group) => group.places),
  SETTINGS,
];

/** Whether `path` is this place, or the page of one of its rows. */
export function isAt(place: Place, path: string): boolean {
  return place.path === path || (path !== '/' && place.path === `${path}s`);
}
