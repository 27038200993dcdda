// The list of shortcuts, opened by `?`.
import { Dialog } from '../controls/dialog.tsx';
import { PLACES } from './places.ts';

const GENERAL: readonly (readonly [readonly string[], string])[] = [
  [['/'], 'Filter or search on this page'],
  [['r'], 'Refresh'],
  [['?'], 'This help'],
  [['Esc'], 'Close what is open'],
  [['↑', '↓'], 'Previous, next row while details are open'],
];

export function ShortcutHelp(props: { readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" {...props}>
      <dl className="shortcuts">
        {GENERAL.map(([keys, meaning]) => (
          <Row key={meaning} keys={keys} meaning={meaning} />
        ))}
        {PLACES.map((place) => (
          <Row key={place.path} keys={['g', place.key]} meaning={place.label} />
        ))}
      </dl>
    </Dialog>
  );
}

function Row({ keys, meaning }: { readonly keys: readonly string[]; readonly meaning: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{meaning}</dd>
    </div>
  );
}
