import { memo, useMemo, useState, type KeyboardEvent, type MouseEvent } from "react";
import { t } from "../i18n";
import { mentions, treeOf } from "../markdown/tree";
import type { Message } from "../sdk";
import { serverOf, useBlocked, useObjects } from "../store/hooks";
import type { ReplyPreview } from "../store/objects";
import { IconButton } from "../ui/icon-button";
import { Icon } from "../ui/icon";
import { useRows } from "./around";
import { Beside, Head } from "./author";
import { Body } from "./body";
import type { Place } from "./group";
import { entriesOf } from "./message-actions";
import { Reactions } from "./reactions";
import { ReplyLine } from "./reply-line";
import { DayLine, NewLine } from "./lines";
import { useTouch } from "./touch";

export const MessageRow = memo(function MessageRow({ rowKey, message, reply, place, isNew, today, current, onStand, mark }: {
  rowKey: string;
  message: Message;
  reply: ReplyPreview | null;
  place: Place;
  /** Whether it is the first that is new. */
  isNew: boolean;
  today: string;
  /** Whether the arrow keys stand on it: then its buttons are in the order of the tab key. */
  current: boolean;
  onStand: (key: string) => void;
  /** Why it stands out for now. */
  mark: "flash" | "editing" | "replying" | null;
}) {
  const { known, me, jump, menu, reply: answer, ...doing } = useRows();
  const objects = useObjects();
  const [hovered, setHovered] = useState(false);
  const own = message.author === me;
  const blocked = useBlocked(message.author);
  const [opened, setOpened] = useState(false);
  const hides = blocked && !opened;
  const forMe = useMemo(() => {
    if (own || blocked || message.sealed !== null) return false;
    if (reply?.type === "message" && reply.message.author === me) return true;
    return message.mentions.includes(me) || mentions(treeOf(message.content), me, known?.member.roles ?? []);
  }, [own, blocked, message, reply, me, known?.member.roles]);
  const entries = (sure = false) => entriesOf(message, me, serverOf(known), objects, { ...doing, reply: answer }, sure);
  const touch = useTouch({
    onHold: () => menu(message, "sheet"),
    maySwipe: () => entries().some(({ id }) => id === "reply"),
    onSwipe: () => answer(message),
  });

  const onContextMenu = (event: MouseEvent<HTMLElement>) => {
    const selection = getSelection();
    // The browser's own menu is better about links, and about what is selected.
    if ((event.target as Element).closest("a") || (selection && !selection.isCollapsed && selection.containsNode(event.currentTarget, true))) return;
    event.preventDefault();
    // A finger that is held has opened the sheet.
    if (matchMedia("(hover: none)").matches) return;
    const box = event.currentTarget.getBoundingClientRect();
    const byKey = event.clientX === 0 && event.clientY === 0;
    if (document.activeElement !== event.currentTarget && !event.currentTarget.contains(document.activeElement)) event.currentTarget.focus({ preventScroll: true });
    menu(message, byKey ? { x: box.left + 64, y: box.top + 24 } : { x: event.clientX, y: event.clientY });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key === "Backspace" ? "delete" : event.key.toLowerCase();
    if (event.shiftKey && key !== "delete" && key !== "+") return;
    const entry = entries(event.shiftKey).find((one) => one.key === key);
    if (!entry) return;
    event.preventDefault();
    event.stopPropagation();
    entry.act();
  };
  return (
    <>
      {place.startsDay && <DayLine time={message.created_at} today={today} />}
      {isNew && <NewLine />}
      <article
        className={place.startsGroup ? "message first" : "message"}
        data-row
        data-message={message.id}
        data-mine={own || undefined}
        data-for-me={forMe || undefined}
        data-mark={mark ?? undefined}
        tabIndex={current ? 0 : -1}
        onFocus={() => onStand(rowKey)}
        onPointerEnter={(event) => event.pointerType !== "touch" && setHovered(true)}
        onPointerLeave={() => setHovered(false)}
        onContextMenu={onContextMenu}
        onKeyDown={onKeyDown}
        {...touch}
      >
        {blocked && <BlockedLine shown={opened} reachable={current} onToggle={() => setOpened(!opened)} />}
        {reply && !hides && <ReplyLine known={known} reply={reply} reachable={current} onJump={jump} />}
        {!hides && (place.startsGroup ? <Head known={known} message={message} reachable={current} /> : <Beside known={known} message={message} />)}
        {!hides && <Body id={message.id} message={message} />}
        {!hides && <Reactions known={known} message={message} reachable={current} />}
        {!hides && message.pinned && <small className="pinned"><Icon name="pin" small /> {t("message.pinned")}</small>}
        {(hovered || current) && !hides && (
          <div className="tools" role="group" aria-label={t("message.actions")}>
            {entries().filter(({ id }) => id === "react" || id === "reply" || id === "edit").map((entry) => (
              <IconButton key={entry.id} icon={entry.icon!} small label={entry.label} onPress={entry.act} />
            ))}
            <IconButton
              icon="more"
              small
              label={t("message.more")}
              aria-haspopup="menu"
              onPress={({ target }) => {
                const { left, bottom } = target.getBoundingClientRect();
                menu(message, { x: left, y: bottom });
              }}
            />
          </div>
        )}
        <span className="swipe-mark" aria-hidden="true"><Icon name="reply" small /></span>
      </article>
    </>
  );
});

/** Stands for what somebody said whom one has blocked, and over it once one wants to read it. */
function BlockedLine({ shown, reachable, onToggle }: { shown: boolean; reachable: boolean; onToggle: () => void }) {
  return (
    <p className="blocked-line">
      <Icon name="unseen" small /> <span>{t("message.blocked")}</span>
      <button type="button" className="text-button" aria-expanded={shown} tabIndex={reachable ? 0 : -1} onClick={onToggle}>{t(shown ? "message.blocked.hide" : "message.blocked.show")}</button>
    </p>
  );
}
