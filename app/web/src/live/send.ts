/** Sending, with what the reader is told of it. */
import { useCallback, useState } from 'react';
import { dismiss, show } from '../ui/toasts';

/** What was done, in words, for the message at the end. */
export interface Done {
  readonly title: string;
  readonly text?: string;
}

/** An action under way: it cannot be started twice, and every end of it is told. */
export function useAction(): { busy: boolean; run: (action: () => Promise<Done>) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  const run = useCallback(async (action: () => Promise<Done>) => {
    setBusy(true);
    const id = show({ look: 'plain', title: 'Waiting for signature and confirmation …' });
    try {
      const done = await action();
      show({ look: 'good', title: done.title, ...(done.text !== undefined && { text: done.text }) }, id);
      return true;
    } catch (error) {
      dismiss(id);
      show({ look: 'bad', title: 'Not done', text: error instanceof Error ? error.message : String(error) });
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { busy, run };
}
