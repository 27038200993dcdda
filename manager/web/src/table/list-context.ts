// Which list the rows around a value belong to, so that a click on the value knows where to filter.
import { createContext, useContext } from 'react';
import type { ListName } from '../api/contract.ts';

export const ListContext = createContext<ListName>('flows');
export const useListName = () => useContext(ListContext);
