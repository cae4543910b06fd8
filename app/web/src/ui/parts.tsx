/** The small parts of every page. They know nothing of what they show. */
import { useId, type ReactNode } from 'react';

/** A titled area. */
export function Panel(props: { title: string; children: ReactNode; end?: ReactNode; flush?: boolean; className?: string }) {
  const id = useId();
  return (
    <section className={`panel ${props.className ?? ''}`} aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id}>{props.title}</h2>
        {props.end !== undefined && <div className="end">{props.end}</div>}
      </div>
      <div className={`panel-body ${props.flush ? 'flush' : ''}`}>{props.children}</div>
    </section>
  );
}

/** A button. `busy` says that what it started goes on. */
export function Button(props: {
  children: ReactNode;
  onClick?: () => void;
  kind?: 'primary' | 'buy' | 'sell' | 'plain';
  small?: boolean;
  wide?: boolean;
  disabled?: boolean;
  busy?: boolean;
  submit?: boolean;
  title?: string;
  label?: string;
}) {
  const classes = ['button', props.kind, props.small && 'small', props.wide && 'wide'].filter(Boolean).join(' ');
  return (
    <button
      type={props.submit ? 'submit' : 'button'}
      className={classes}
      onClick={props.onClick}
      disabled={props.disabled || props.busy}
      aria-busy={props.busy}
      title={props.title}
      aria-label={props.label}
    >
      {props.children}
    </button>
  );
}

/** A field with its label, its unit, and a line that is always there for what is to be said of it. */
export function Field(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  unit?: string;
  wrong?: string | undefined;
  says?: ReactNode;
  corner?: ReactNode;
  text?: boolean;
  disabled?: boolean;
  placeholder?: string;
  name?: string;
}) {
  const id = useId();
  return (
    <div className="field">
      <span className="label">
        <label htmlFor={id}>{props.label}</label>
        {props.corner}
      </span>
      <span className={`box ${props.wrong ? 'wrong' : ''}`}>
        <input
          id={id}
          name={props.name}
          className={props.text ? 'text' : ''}
          inputMode={props.text ? 'text' : 'decimal'}
          autoComplete="off"
          spellCheck={false}
          value={props.value}
          placeholder={props.placeholder}
          disabled={props.disabled}
          onChange={(event) => props.onChange(event.target.value)}
          aria-invalid={props.wrong ? true : undefined}
          aria-describedby={`${id}-says`}
        />
        {props.unit !== undefined && <span className="unit">{props.unit}</span>}
      </span>
      <span id={`${id}-says`} className={`says ${props.wrong ? 'wrong' : ''}`}>
        {props.wrong ?? props.says}
      </span>
    </div>
  );
}

/** A choice of which all parts are visible. */
export function Segments<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (readonly [T, string] | readonly [T, string, string])[];
  onChange: (value: T) => void;
  wide?: boolean;
}) {
  const name = useId();
  return (
    <fieldset>
      <legend className="hidden-text">{props.label}</legend>
      <span className={`segments ${props.wide ? 'wide' : ''}`}>
        {props.options.map(([value, text, look]) => (
          <label key={value} className={look ?? ''}>
            <input type="radio" name={name} checked={value === props.value} onChange={() => props.onChange(value)} />
            {text}
          </label>
        ))}
      </span>
    </fieldset>
  );
}

/** A choice of many. */
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
  bare?: boolean;
}) {
  const id = useId();
  const select = (
    <select id={id} value={props.value} onChange={(event) => props.onChange(event.target.value as T)}>
      {props.options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
  return (
    <div className="field">
      <span className={props.bare ? 'hidden-text' : 'label'}>
        <label htmlFor={id}>{props.label}</label>
      </span>
      {select}
    </div>
  );
}

/** A tick box. */
export function Check(props: {
  label: string;
  value: boolean;
  onChange: (value: boolean) => void;
  disabled?: boolean;
  title?: string;
}) {
  return (
    <label className="check" title={props.title}>
      <input
        type="checkbox"
        checked={props.value}
        disabled={props.disabled}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      {props.label}
    </label>
  );
}

/** A state in a word. */
export function Tag(props: { look?: 'good' | 'bad' | 'warn' | 'accent' | undefined; children: ReactNode; title?: string }) {
  return (
    <span className={`tag ${props.look ?? ''}`} title={props.title}>
      {props.children}
    </span>
  );
}

/** What went wrong or should be known. What is wrong is said aloud by a screen reader. */
export function Notice(props: { look?: 'good' | 'bad' | 'warn'; children: ReactNode }) {
  return (
    <div className={`notice ${props.look ?? ''}`} role={props.look === 'bad' ? 'alert' : undefined}>
      {props.children}
    </div>
  );
}

/** What stands where nothing is. */
export function Empty(props: { children: ReactNode }) {
  return <div className="empty">{props.children}</div>;
}

/** A figure that is not there yet, as wide as it will be. */
export function Waiting(props: { width?: number }) {
  return (
    <span className="waiting" style={{ minWidth: `${props.width ?? 8}ch` }}>
      <span className="hidden-text">loading</span>&nbsp;
    </span>
  );
}

/** Label and figure, in a `dl.facts`. */
export function Fact(props: { name: ReactNode; children: ReactNode; title?: string | undefined }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd title={props.title}>{props.children}</dd>
    </>
  );
}

/** How much of something is used. */
export function Meter(props: { bps: number; look?: 'good' | 'warn' | 'bad' | undefined; label: string }) {
  const share = Math.min(100, Math.max(0, props.bps / 100));
  return (
    <div
      className={`meter ${props.look ?? ''}`}
      role="meter"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share)}
    >
      <span style={{ width: `${share}%` }} />
    </div>
  );
}

/** A table that scrolls by itself where it is too wide, by keyboard too. */
export function TableBox(props: { label: string; children: ReactNode }) {
  return (
    <div className="scroll" role="region" aria-label={props.label} tabIndex={0}>
      {props.children}
    </div>
  );
}
