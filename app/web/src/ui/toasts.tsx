/** Messages about what was sent. */
import type { ReactNode } from 'react';
import { Store, useStore } from './store';

export interface Toast {
  readonly id: number;
  readonly look: 'good' | 'bad' | 'plain';
  readonly title: string;
  readonly text?: ReactNode;
}

const toasts = new Store<readonly Toast[]>([]);
let next = 1;
/** Good news goes by itself; what went wrong stays until it is put away. */
const GOOD_NEWS_MS = 7_000;
const MOST = 4;

/** Takes a message away. */
export function dismiss(id: number): void {
  toasts.update((all) => all.filter((toast) => toast.id !== id));
}

/** Shows a message, in place of an earlier one where its id is given. */
export function show(toast: Omit<Toast, 'id'>, replaces?: number): number {
  const id = replaces ?? next++;
  toasts.update((all) => [...all.filter((other) => other.id !== id), { ...toast, id }].slice(-MOST));
  if (toast.look === 'good') setTimeout(() => dismiss(id), GOOD_NEWS_MS);
  return id;
}

export function Toasts() {
  const all = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {all.map((toast) => (
        <div key={toast.id} className={`toast ${toast.look}`}>
          <div>
            <strong>{toast.title}</strong>
            {toast.text !== undefined && <div className="small">{toast.text}</div>}
          </div>
          <button type="button" className="icon-button" onClick={() => dismiss(toast.id)} aria-label="Dismiss">
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
