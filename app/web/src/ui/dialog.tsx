import { useEffect, useId, useRef, type ReactNode } from 'react';

/** A window over the page: the browser's own, which keeps the focus inside and closes by Escape. */
export function Dialog(props: { title: string; open: boolean; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (props.open && !dialog.open) dialog.showModal();
    if (!props.open && dialog.open) dialog.close();
  }, [props.open]);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={props.onClose}
      onClick={(event) => {
        if (event.target === ref.current) props.onClose();
      }}
    >
      <div className="panel-head">
        <h2 id={id}>{props.title}</h2>
        <div className="end">
          <button type="button" className="icon-button" onClick={props.onClose} aria-label="Close">
            ✕
          </button>
        </div>
      </div>
      <div className="panel-body">{props.open && props.children}</div>
    </dialog>
  );
}
