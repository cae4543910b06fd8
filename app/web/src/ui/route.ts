import { Store, useStore } from './store';

/** The pages, in the order of the navigation. */
export const PAGES = {
  account: 'Account',
  trade: 'Trade',
  'what-if': 'What if',
  collateral: 'Collateral',
  risk: 'Risk',
  liquidations: 'Liquidations',
  history: 'History',
} as const;

export type Page = keyof typeof PAGES;

function read(): Page {
  const name = window.location.hash.replace(/^#\/?/, '');
  return name in PAGES ? (name as Page) : 'account';
}

const route = new Store<Page>(read());
window.addEventListener('hashchange', () => route.set(read()));

export function usePage(): Page {
  return useStore(route);
}
