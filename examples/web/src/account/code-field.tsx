import { useId, type Ref } from "react";

/** A code of six digits: one field, drawn as six boxes, so that it can be pasted and filled in by the phone. */
export function CodeField({ ref, label, value, wrong, disabled, onChange }: { ref: Ref<HTMLInputElement>; label: string; value: string; wrong: boolean; disabled: boolean; onChange: (code: string) => void }) {
  const id = useId();
  return (
    <div className="field code-field" data-wrong={wrong || undefined}>
      <label htmlFor={id}>{label}</label>
      <div className="code-boxes">
        <input id={id} ref={ref} name="code" dir="ltr" inputMode="numeric" autoComplete="one-time-code" autoFocus disabled={disabled} aria-invalid={wrong || undefined} value={value} onChange={(event) => onChange(event.target.value.replace(/\D/g, "").slice(0, 6))} />
        {Array.from({ length: 6 }, (_, at) => (
          <span key={at} aria-hidden="true" data-next={at === Math.min(value.length, 5) || undefined}>{value[at]}</span>
        ))}
      </div>
    </div>
  );
}
