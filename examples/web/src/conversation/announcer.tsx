import { useEffect, useState } from "react";
import { t } from "../i18n";
import type { KnownServer, Message } from "../sdk";
import { useChat, useElsewhere, useSpeaker } from "../store/hooks";

interface Heard {
  readonly number: number;
  readonly message: Message;
}

/**
 * Tells a screen reader what others say. Apart from the list, since rows come and go there as one scrolls, and that is
 * no news.
 */
export function Announcer({ known, channel }: { known: KnownServer; channel: string }) {
  const chat = useChat();
  const [heard, setHeard] = useState<readonly Heard[]>([]);
  useEffect(() => {
    let number = 0;
    return chat.onArrival((message) => {
      if (message.channel_id === channel) setHeard((before) => [...before.slice(-KEPT), { number: (number += 1), message }]);
    });
  }, [chat, channel]);
  return (
    <div role="log" aria-live="polite" className="hidden">
      {heard.map(({ number, message }) => <Line key={number} known={known} message={message} />)}
    </div>
  );
}

function Line({ known, message }: { known: KnownServer; message: Message }) {
  const name = useSpeaker(known.server.id, message);
  const domain = useElsewhere(message.author);
  return <p>{domain === null ? name : `${name} (${domain})`}: {message.sealed === null ? message.content : t("message.sealed")}</p>;
}

const KEPT = 4;
