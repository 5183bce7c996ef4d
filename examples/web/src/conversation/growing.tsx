import { useEffect, useLayoutEffect, useRef, type Ref } from "react";

/** A field of text that is as tall as what is in it, up to what the style allows. */
export function Growing({ label, value, onChange, onEnter, onEscape, onArrowUp, placeholder, disabled, focused, field, describedBy }: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  onEnter: () => void;
  onEscape?: () => void;
  /** Called for the key in an empty field. */
  onArrowUp?: () => void;
  placeholder?: string;
  disabled?: boolean;
  /** Takes the focus when it appears, with the cursor at the end. */
  focused?: boolean;
  field?: Ref<HTMLTextAreaElement>;
  describedBy?: string;
}) {
  const own = useRef<HTMLTextAreaElement | null>(null);
  useLayoutEffect(() => {
    const element = own.current;
    if (!element) return;
    element.style.setProperty("height", "auto");
    element.style.setProperty("height", `${element.scrollHeight}px`);
  }, [value]);
  useEffect(() => {
    if (!focused) return;
    own.current?.focus();
    own.current?.setSelectionRange(own.current.value.length, own.current.value.length);
  }, [focused]);
  return (
    <textarea
      ref={(element) => {
        own.current = element;
        if (typeof field === "function") field(element);
        else if (field) field.current = element;
      }}
      rows={1}
      aria-label={label}
      aria-describedby={describedBy}
      placeholder={placeholder}
      disabled={disabled}
      maxLength={4000}
      value={value}
      dir="auto"
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter" && !event.shiftKey) {
          event.preventDefault();
          onEnter();
        } else if (event.key === "Escape" && onEscape) {
          event.stopPropagation();
          onEscape();
        } else if (event.key === "ArrowUp" && value === "" && onArrowUp) {
          event.preventDefault();
          onArrowUp();
        }
      }}
    />
  );
}
