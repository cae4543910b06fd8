import { Store, useStore } from './store';

/** As the system has it, or as the reader wants it. */
export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'counterweight.theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : 'auto';
}

const chosen = new Store<Theme>(stored());
const shown = new Store<'light' | 'dark'>('light');

function apply(): void {
  const theme = chosen.get();
  const look = theme === 'auto' ? (dark.matches ? 'dark' : 'light') : theme;
  document.documentElement.dataset['theme'] = look;
  shown.set(look);
}

apply();
dark.addEventListener('change', apply);

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  chosen.set(theme);
  apply();
}

export function useTheme(): Theme {
  return useStore(chosen);
}

/** What is on the screen: for what is drawn instead of styled. */
export function useLook(): 'light' | 'dark' {
  return useStore(shown);
}
