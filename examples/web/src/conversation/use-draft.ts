import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useObjects } from "../store/hooks";
import type { DraftPlace, Drafts } from "../store/objects";

export interface Writing {
  readonly text: string;
  readonly replyTo: string | null;
  write(text: string, replyTo?: string | null): void;
  /** Gives up what was written, and gives the function that brings it back. */
  discard(): () => void;
  /** What was written was sent: it is no draft any more. */
  done(): void;
}

/**
 * What is being written at a place. The SDK keeps it with each key that is pressed; the field shows its own copy, so that
 * typing waits for nobody. `initial` is there where nothing was written before.
 */
export function useDraft({ channel, edits }: DraftPlace, initial = ""): Writing {
  const { drafts } = useObjects();
  const place = useMemo(() => ({ channel, edits }), [channel, edits]);
  const [state, setState] = useState(() => shown(drafts.get(place), initial));
  const now = useRef(state);
  const touched = useRef(state.text !== "" || state.replyTo !== null);
  const show = useCallback((next: typeof state) => {
    now.current = next;
    setState(next);
  }, []);
  // What was kept of an earlier visit may come later than the page.
  useEffect(() => drafts.subscribe(() => {
    const late = touched.current ? null : drafts.get(place);
    if (late) show(shown(late, ""));
  }), [drafts, place, show]);
  const write = useCallback((text: string, replyTo: string | null = now.current.replyTo) => {
    touched.current = true;
    show({ text, replyTo });
    drafts.set(place, text, replyTo);
  }, [drafts, place, show]);
  const done = useCallback(() => {
    show({ text: "", replyTo: null });
    drafts.discard(place);
  }, [drafts, place, show]);
  const discard = useCallback(() => {
    const { text, replyTo } = now.current;
    done();
    return () => write(text, replyTo);
  }, [done, write]);
  return useMemo(() => ({ ...state, write, discard, done }), [state, write, discard, done]);
}

/** Puts text in front of what waits in the composer of a channel, while that is not shown. */
export function putInDraft(drafts: Drafts, channel: string, text: string, replyTo: string | null): void {
  const place = { channel, edits: null };
  const draft = drafts.get(place);
  drafts.set(place, before(text, draft?.text ?? ""), draft?.reply_to ?? replyTo);
}

/** A text in front of another, which may be empty. */
export function before(text: string, rest: string): string {
  return rest.trim() === "" ? text : `${text}\n${rest}`;
}

function shown(draft: { readonly text: string; readonly reply_to: string | null } | null, initial: string): { text: string; replyTo: string | null } {
  return draft ? { text: draft.text, replyTo: draft.reply_to } : { text: initial, replyTo: null };
}
