import { useImperativeHandle, useLayoutEffect, useRef, type AriaAttributes, type KeyboardEvent, type Ref } from "react";

export interface FieldHandle {
  readonly element: HTMLTextAreaElement | null;
  focus(): void;
  /** Puts text in place of a part, so that the browser can undo it, and selects. */
  replace(from: number, to: number, insert: string, select?: { readonly start: number; readonly end: number }): void;
}

/** Whether a key belongs to the writing of one word by several, as Japanese is written; Safari says so by the code alone. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.nativeEvent.isComposing || event.keyCode === 229;
}

/** A field of text that is as tall as what is in it, up to what the style allows. */
export function Growing({ label, value, onChange, onKey, onCursor, placeholder, readOnly, describedBy, handle, ...aria }: AriaAttributes & {
  label: string;
  value: string;
  onChange: (value: string, cursor: number) => void;
  /** Hears each key but those of a word that is being composed; what it takes it keeps from the field. */
  onKey: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
  /** Hears where the cursor is, and where what is selected ends. */
  onCursor: (cursor: number, end: number) => void;
  placeholder?: string;
  readOnly?: boolean;
  describedBy?: string;
  handle: Ref<FieldHandle>;
}) {
  const field = useRef<HTMLTextAreaElement>(null);
  const moved = useRef(onCursor);
  moved.current = onCursor;
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.setProperty("height", "auto");
    element.style.setProperty("height", `${element.scrollHeight}px`);
  }, [value]);
  useImperativeHandle(handle, () => ({
    get element() {
      return field.current;
    },
    focus() {
      const element = field.current;
      element?.focus();
      element?.setSelectionRange(element.value.length, element.value.length);
    },
    replace(from, to, insert, select = { start: from + insert.length, end: from + insert.length }) {
      const element = field.current;
      if (!element) return;
      element.focus();
      element.setSelectionRange(from, to);
      // The only way that the browser's own undo knows.
      if (!document.execCommand(insert === "" ? "delete" : "insertText", false, insert)) {
        element.setRangeText(insert, from, to, "end");
        element.dispatchEvent(new Event("input", { bubbles: true }));
      }
      element.setSelectionRange(select.start, select.end);
      // Of what is selected by a script no event tells.
      moved.current(select.start, select.end);
    },
  }), []);
  return (
    <textarea
      ref={field}
      rows={1}
      aria-label={label}
      aria-describedby={describedBy}
      placeholder={placeholder}
      readOnly={readOnly}
      value={value}
      // An empty one has the direction of the page, as what it says has.
      dir={value === "" ? undefined : "auto"}
      autoComplete="off"
      onChange={(event) => onChange(event.target.value, event.target.selectionStart)}
      onSelect={(event) => onCursor(event.currentTarget.selectionStart, event.currentTarget.selectionEnd)}
      onKeyDown={(event) => {
        if (!isComposing(event)) onKey(event);
      }}
      {...aria}
    />
  );
}
