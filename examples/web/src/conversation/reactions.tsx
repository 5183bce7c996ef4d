import { useCallback, useRef, useState, useSyncExternalStore } from "react";
import { Focusable } from "react-aria-components/Focusable";
import { Tooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import { locale, t } from "../i18n";
import { type BeepError, homeOf, type KnownServer, type Message, type User } from "../sdk";
import { explainDenied } from "../store/failure";
import { nameOf, serverOf, useChat, useDenied } from "../store/hooks";
import { explain } from "../ui/action";
import { Icon } from "../ui/icon";
import { Tip } from "../ui/tooltip";
import { useRows } from "./around";

type Reaction = Message["reactions"][number];

/**
 * How people reacted to a message: for each emoji a button that adds one's own or takes it back. `reachable`: by the tab
 * key, so that not each row is many stops.
 */
export function Reactions({ known, message, reachable }: { known: KnownServer | null; message: Message; reachable: boolean }) {
  const { react } = useRows();
  const denied = useDenied({ action: "react", channel: message.channel_id });
  if (message.reactions.length === 0) return null;
  const why = denied && explainDenied(denied);
  return (
    <div className="reactions" role="group" aria-label={t("reaction.list")}>
      {message.reactions.map((reaction) => <Chip key={reaction.emoji} known={known} message={message} reaction={reaction} why={why} reachable={reachable} />)}
      {why === null && message.reactions.length < MOST_EMOJI && (
        <Tip text={t("reaction.add")}>
          <Focusable><button type="button" className="reaction add" aria-label={t("reaction.add")} tabIndex={reachable ? 0 : -1} onClick={() => react(message)}><Icon name="react" small /></button></Focusable>
        </Tip>
      )}
    </div>
  );
}

/** One emoji with its count. Who they are is said where somebody points. `why`: why one may not react. */
function Chip({ known, message, reaction, why, reachable }: { known: KnownServer | null; message: Message; reaction: Reaction; why: string | null; reachable: boolean }) {
  const { reactWith } = useRows();
  const { emoji, count } = reaction;
  const own = reaction.me === true;
  const { text, load } = useReactors(serverOf(known), message, reaction);
  return (
    <TooltipTrigger delay={300} closeDelay={0} onOpenChange={(open) => open && load()}>
      <Focusable>
        <button
          type="button"
          className="reaction"
          aria-pressed={own}
          aria-label={t("reaction.label", { emoji, count })}
          aria-disabled={why !== null || undefined}
          tabIndex={reachable ? 0 : -1}
          onClick={() => why === null && reactWith(message, emoji, !own)}
        >
          <span className="reaction-emoji" aria-hidden="true">{emoji}</span>
          <span aria-hidden="true">{count.toLocaleString(locale)}</span>
        </button>
      </Focusable>
      <Tooltip className="tooltip" placement="top" offset={6}>
        {text}
        {why !== null && <small className="reaction-why">{why}</small>}
      </Tooltip>
    </TooltipTrigger>
  );
}

/** Who reacted, in words; they are asked for when somebody wants to know, and again when there are others. */
function useReactors(server: string | null, { id, channel_id: channel }: Message, { emoji, count, me }: Reaction): { text: string; load: () => void } {
  const chat = useChat();
  const [found, setFound] = useState<{ users: readonly User[]; of: string } | null>(null);
  const asked = useRef<string | null>(null);
  const of = `${count} ${me === true}`;
  const load = useCallback(() => {
    if (asked.current === of) return;
    asked.current = of;
    chat.client.reactions.list({ channel, message: id, emoji, limit: MOST_NAMES }).then(
      ({ items }) => asked.current === of && setFound({ users: items, of }),
      () => (asked.current = null),
    );
  }, [chat, channel, id, emoji, of]);
  const users = found?.of === of ? found.users : [];
  const text = useSyncExternalStore(chat.people.subscribe, () => reactedText(users.map((user) => calledOf(chat, server, user)), emoji, count));
  return { text, load };
}

/** What a user who reacted is called: as in that server, or by the profile that came with the reaction. */
export function calledOf(chat: Parameters<typeof nameOf>[0], server: string | null, { id, display_name, username }: User): string {
  const name = nameOf(chat, server, id);
  return name === "…" ? (display_name ?? username) : name;
}

/** Names, and how many others; without a name only how many. */
export function reactedText(names: readonly string[], emoji: string, count: number): string {
  if (names.length === 0) return t("reaction.label", { emoji, count });
  const others = count - names.length;
  const all = others > 0 ? [...names, t("reaction.others", { count: others })] : names;
  return t("reaction.by", { names: new Intl.ListFormat(locale, { type: "conjunction" }).format(all), emoji });
}

/** Why one could not react. */
export function explainReaction(error: BeepError, channel: string): string {
  return error.code === "conflict" ? t("reaction.full") : explain(error, homeOf(channel));
}

/** The most different emoji of a message. */
const MOST_EMOJI = 20;
/** The most names that are said. */
const MOST_NAMES = 8;
