import { useEffect, useState } from "react";
import type { KnownServer } from "../sdk";
import { useChat, useElsewhere, useName } from "../store/hooks";

interface Heard {
  readonly number: number;
  readonly author: string;
  readonly content: string;
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
    return chat.onArrival((where, author, content) => {
      if (where === channel) setHeard((before) => [...before.slice(-KEPT), { number: (number += 1), author, content }]);
    });
  }, [chat, channel]);
  return (
    <div role="log" aria-live="polite" className="hidden">
      {heard.map(({ number, author, content }) => <Line key={number} known={known} author={author} content={content} />)}
    </div>
  );
}

function Line({ known, author, content }: { known: KnownServer; author: string; content: string }) {
  const name = useName(known.server.id, author);
  const domain = useElsewhere(author);
  return <p>{domain === null ? name : `${name} (${domain})`}: {content}</p>;
}

const KEPT = 4;
