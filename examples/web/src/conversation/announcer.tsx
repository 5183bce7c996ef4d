import { useEffect, useState } from "react";
import { t } from "../i18n";
import { homeOf, type KnownServer, type Message } from "../sdk";
import { serverOf, speakerOf, useChat, useChatView } from "../store/hooks";
import { preview } from "../store/objects";
import { mentionName } from "./names";

/**
 * Tells a screen reader what others say, change and take back. Apart from the list, since rows come and go there as one
 * scrolls, and that is no news.
 */
export function Announcer({ known, channel }: { known: KnownServer | null; channel: string }) {
  const chat = useChat();
  const { me } = useChatView();
  const [lines, setLines] = useState<readonly { readonly number: number; readonly text: string }[]>([]);
  useEffect(() => {
    let number = 0;
    const say = (text: string) => setLines((before) => [...before.slice(1 - KEPT), { number: (number += 1), text }]);
    const name = (message: Message) => {
      const name = speakerOf(chat, serverOf(known), message);
      return message.author === null || homeOf(message.author) === me?.domain ? name : `${name} (${homeOf(message.author)})`;
    };
    const text = ({ content, sealed }: Message) => (sealed === null ? preview(content, MOST, (mention) => mentionName(chat, known, mention)) : t("message.sealed"));
    const heard = ({ channel_id, author }: Message) => channel_id === channel && author !== me?.id && (author === null || !chat.objects.friends.isBlocked(author));
    return chat.onEvent((event) => {
      switch (event.type) {
        case "message.created":
          if (heard(event.data)) say(`${name(event.data)}: ${text(event.data)}`);
          break;
        case "message.updated":
          if (heard(event.data) && event.data.edited_at) say(t("announce.edited", { name: name(event.data), text: text(event.data) }));
          break;
        case "message.deleted":
          if (event.data.channel_id === channel) say(t("announce.deleted"));
      }
    });
  }, [chat, known, channel, me]);
  return (
    <div role="log" aria-live="polite" aria-label={t("announce.label")} className="hidden unselected">
      {lines.map(({ number, text }) => <p key={number}>{text}</p>)}
    </div>
  );
}

const KEPT = 5;
/** Code points of a message that are read at once. */
const MOST = 400;
