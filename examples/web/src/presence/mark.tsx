import type { ReactNode } from "react";
import { t } from "../i18n";
import type { Presence } from "../sdk";
import { usePresence } from "./hooks";

/** A picture of somebody with how they are seen at its corner. */
export function WithPresence({ user, offline = false, children }: { user: string; /** Whether it is shown that somebody is not there. */ offline?: boolean; children: ReactNode }) {
  const { status } = usePresence(user);
  return (
    <span className="with-presence">
      {children}
      {(offline || status !== "offline") && <PresenceMark status={status} />}
    </span>
  );
}

/** By shape as well as by colour: a disc, a moon, a bar, a ring. */
export function PresenceMark({ status }: { status: Presence["status"] }) {
  return <span className="presence" data-status={status} role="img" aria-label={t(`presence.${status}`)} />;
}

/** What somebody says beside their presence; nothing, where they say nothing. */
export function StatusText({ user }: { user: string }) {
  const { emoji, text } = usePresence(user);
  if (emoji === null && text === null) return null;
  return <span className="status-text">{emoji !== null && <span aria-hidden={text !== null}>{emoji}</span>}{text !== null && <bdi className="line">{text}</bdi>}</span>;
}
