// How a page head opens the navigation on a phone.
import { createContext } from 'react';

export const NavContext = createContext<() => void>(() => undefined);
