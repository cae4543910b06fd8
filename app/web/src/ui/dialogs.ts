import { Store, useStore } from './store';

/** The windows that can be open, one at a time. */
export type DialogName = 'wallet' | 'settings';

const open = new Store<DialogName | undefined>(undefined);

export function openDialog(name: DialogName): void {
  open.set(name);
}

export function closeDialog(): void {
  open.set(undefined);
}

export function useDialog(): DialogName | undefined {
  return useStore(open);
}
