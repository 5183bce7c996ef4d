import { useId, type ComponentProps, type ReactNode } from "react";
import { Icon } from "./icon";

export interface Around {
  label: string;
  hint?: ReactNode;
  problem?: string | null;
}

/** A labelled line of text, with what it is for and what is wrong with it. */
export function Field({ label, hint, problem, ...input }: Around & ComponentProps<"input">) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} dir="auto" aria-describedby={`${id}-hint`} aria-invalid={problem ? true : undefined} {...input} />
      <Hint id={id} hint={hint} problem={problem ?? null} />
    </div>
  );
}

export function Area({ label, hint, problem, ...input }: Around & ComponentProps<"textarea">) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea id={id} dir="auto" aria-describedby={`${id}-hint`} aria-invalid={problem ? true : undefined} {...input} />
      <Hint id={id} hint={hint} problem={problem ?? null} />
    </div>
  );
}

/** What a field is for, or what is wrong with it. */
export function Hint({ id, hint, problem }: { id: string; hint: ReactNode; problem: string | null }) {
  return (
    <div id={`${id}-hint`} className="hint">
      {problem ? <span className="wrong"><Icon name="warning" small /> {problem}</span> : hint}
    </div>
  );
}

/** On or off, with a sentence about it, and `more` to press below it. */
export function Switch({ label, about, more, checked, disabled, onChange }: { label: ReactNode; about?: ReactNode; more?: ReactNode; checked: boolean; disabled?: boolean; onChange: (checked: boolean) => void }) {
  const id = useId();
  return (
    <div className="switch">
      <div>
        <label htmlFor={id}>{label}</label>
        {about && <small id={`${id}-about`}>{about}</small>}
        {more}
      </div>
      <input id={id} type="checkbox" role="switch" checked={checked} disabled={disabled} aria-describedby={about ? `${id}-about` : undefined} onChange={(event) => onChange(event.target.checked)} />
    </div>
  );
}

/** One of several, each with a sentence about it. */
export function Choices<Value extends string>({ legend, name, value, options, onChange, disabled }: {
  legend: string;
  name: string;
  value: Value;
  options: readonly { value: Value; label: string; about?: string; disabled?: boolean }[];
  onChange: (value: Value) => void;
  disabled?: boolean;
}) {
  return (
    <fieldset className="choices" disabled={disabled}>
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className="choice">
          <input type="radio" name={name} checked={value === option.value} disabled={option.disabled} onChange={() => onChange(option.value)} />
          <span>
            <strong>{option.label}</strong>
            {option.about && <small>{option.about}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
