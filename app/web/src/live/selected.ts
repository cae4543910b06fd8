import { Store, useStore } from '../ui/store';

/** The market that is traded on the page: its account is watched more closely than the others. */
export const selected = new Store(0);

export function selectMarket(at: number): void {
  selected.set(at);
}

export function useSelectedMarket(): number {
  return useStore(selected);
}
