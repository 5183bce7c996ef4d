import { useId, type ComponentProps, type ReactNode } from "react";

interface Around {
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
      <input id={id} aria-describedby={`${id}-hint`} aria-invalid={problem ? true : undefined} {...input} />
      <Hint id={id} hint={hint} problem={problem ?? null} />
    </div>
  );
}

export function Area({ label, hint, problem, ...input }: Around & ComponentProps<"textarea">) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea id={id} aria-describedby={`${id}-hint`} aria-invalid={problem ? true : undefined} {...input} />
      <Hint id={id} hint={hint} problem={problem ?? null} />
    </div>
  );
}

export function Select({ label, hint, children, ...input }: Omit<Around, "problem"> & ComponentProps<"select">) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} aria-describedby={`${id}-hint`} {...input}>
        {children}
      </select>
      <Hint id={id} hint={hint} problem={null} />
    </div>
  );
}

function Hint({ id, hint, problem }: { id: string; hint: ReactNode; problem: string | null }) {
  return (
    <div id={`${id}-hint`} className="hint">
      {problem ? <span className="wrong">{problem}</span> : hint}
    </div>
  );
}

/** One of several, each with a sentence about it. */
export function Choices<Value extends string>({ legend, name, value, options, onChange, disabled }: {
  legend: string;
  name: string;
  value: Value;
  options: readonly { value: Value; label: string; about: string; disabled?: boolean }[];
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
            <small>{option.about}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
