// The navigation. Links carry the time range along, so that a question can be followed across pages.
import { Link, useLocation } from 'wouter';
import { useThemeChoice } from '../theme.ts';
import { useUrlState } from '../url/url-state.ts';
import { Icon } from './icon.tsx';
import { MothMark } from './moth-mark.tsx';
import { isAt, PLACE_GROUPS, type Place, SETTINGS } from './places.ts';

const THEME_ICON = { system: 'auto', light: 'sun', dark: 'moon' } as const;

interface NavProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onHelp: () => void;
}

export function Nav({ open, onClose, onHelp }: NavProps) {
  const [theme, nextTheme] = useThemeChoice();
  return (
    <nav className="nav" aria-label="Pages" data-open={open}>
      <span className="brand">
        <MothMark /> netmoth
      </span>
      <button
        type="button"
        className="button quiet icon nav-close"
        aria-label="Close navigation"
        onClick={onClose}
      >
        <Icon name="close" />
      </button>
      {PLACE_GROUPS.map((group) => (
        <div key={group.label}>
          {group.label !== '' && <p className="nav-group">{group.label}</p>}
          <ul>
            {group.places.map((place) => (
              <li key={place.path}>
                <NavLink place={place} />
              </li>
            ))}
          </ul>
        </div>
      ))}
      <div className="nav-foot">
        <NavLink place={SETTINGS} />
        <button
          type="button"
          className="button quiet icon"
          aria-label={`Theme: ${theme}. Change`}
          title={`Theme: ${theme}`}
          onClick={nextTheme}
        >
          <Icon name={THEME_ICON[theme]} />
        </button>
        <button
          type="button"
          className="button quiet icon"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={onHelp}
        >
          <span aria-hidden="true">?</span>
        </button>
      </div>
    </nav>
  );
}

function NavLink({ place }: { readonly place: Place }) {
  const [path] = useLocation();
  const url = useUrlState();
  return (
    <Link
      href={url.page(place.path)}
      className="nav-link"
      aria-current={isAt(place, path) ? 'page' : undefined}
    >
      <Icon name={place.icon} />
      {place.label}
    </Link>
  );
}
