/** Which node, which clearinghouse, which account. */
import { isAddress } from '@solana/kit';
import { useState } from 'react';
import { endpointProblem, keep, reset, useSettings, type Settings } from '../live/settings';
import { closeDialog, useDialog } from '../ui/dialogs';
import { Dialog } from '../ui/dialog';
import { Button, Field } from '../ui/parts';

export function SettingsDialog() {
  const open = useDialog() === 'settings';
  return (
    <Dialog title="Network" open={open} onClose={closeDialog}>
      <Form />
    </Dialog>
  );
}

/** The websocket of a node is usually beside its JSON-RPC: the next port on a local one, the same address elsewhere. */
export function websocketOf(rpc: string): string {
  try {
    const url = new URL(rpc);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    if (url.port === '8899') url.port = '8900';
    return url.toString().replace(/\/$/, '');
  } catch {
    return '';
  }
}

function Form() {
  const present = useSettings();
  const [draft, setDraft] = useState<Settings>(present);
  const set = (changed: Partial<Settings>) => setDraft({ ...draft, ...changed });
  const wrong = {
    rpc: draft.rpc === '' ? undefined : endpointProblem(draft.rpc, ['http:', 'https:']),
    ws: draft.ws === '' ? undefined : endpointProblem(draft.ws, ['ws:', 'wss:']),
    clearinghouse:
      draft.clearinghouse === '' || isAddress(draft.clearinghouse) ? undefined : 'An address of 32 bytes in base58',
    id:
      Number.isInteger(draft.accountId) && draft.accountId >= 0 && draft.accountId < 65_535 ? undefined : 'A number from 0 on',
  };
  const complete =
    draft.rpc !== '' && draft.clearinghouse !== '' && Object.values(wrong).every((problem) => problem === undefined);
  return (
    <form
      className="stack tight"
      onSubmit={(event) => {
        event.preventDefault();
        keep({ ...draft, ws: draft.ws === '' ? websocketOf(draft.rpc) : draft.ws });
        closeDialog();
      }}
    >
      <Field
        text
        label="JSON-RPC"
        name="rpc"
        value={draft.rpc}
        onChange={(rpc) => set({ rpc })}
        wrong={wrong.rpc}
        placeholder="http://127.0.0.1:8899"
      />
      <Field
        text
        label="Websocket"
        name="ws"
        value={draft.ws}
        onChange={(ws) => set({ ws })}
        wrong={wrong.ws}
        placeholder={websocketOf(draft.rpc)}
        says="Empty: beside the JSON-RPC"
      />
      <Field
        text
        label="Clearinghouse"
        name="clearinghouse"
        value={draft.clearinghouse}
        onChange={(clearinghouse) => set({ clearinghouse })}
        wrong={wrong.clearinghouse}
      />
      <Field
        text
        label="Number of your margin account"
        name="id"
        value={String(draft.accountId)}
        onChange={(text) => set({ accountId: text === '' ? 0 : Number(text) })}
        wrong={wrong.id}
        says="An owner may have several, each with its own collateral"
      />
      <div className="row apart">
        <Button
          kind="plain"
          onClick={() => {
            closeDialog();
            void reset();
          }}
        >
          Back to the defaults
        </Button>
        <Button submit kind="primary" disabled={!complete}>
          Use this network
        </Button>
      </div>
    </form>
  );
}
