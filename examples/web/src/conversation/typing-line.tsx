import { locale, t } from "../i18n";
import { nameOf, useChat, useObserved } from "../store/hooks";
import type { Timeline } from "../store/objects";
import { useSyncExternalStore } from "react";

/** Who is writing, below the messages. It keeps its place, so that nothing jumps. */
export function TypingLine({ server, timeline }: { server: string | null; timeline: Timeline }) {
  const chat = useChat();
  const writers = useObserved(timeline.writers);
  const text = useSyncExternalStore(chat.people.subscribe, () => typingText(writers.map((user) => nameOf(chat, server, user))));
  return <p className="typing-line">{text !== "" && <><span className="typing-dots" aria-hidden="true"><i /><i /><i /></span><bdi className="line">{text}</bdi></>}</p>;
}

/** Names up to three; of more it is said that there are several. */
export function typingText(names: readonly string[]): string {
  if (names.length === 0) return "";
  if (names.length > MOST_NAMES) return t("typing.many");
  const list = new Intl.ListFormat(locale, { type: "conjunction" }).format(names);
  return t("typing.some", { names: list, count: names.length });
}

const MOST_NAMES = 3;
