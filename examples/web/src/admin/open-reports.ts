import { useEffect, useState } from "react";
import { useChat, useChatView } from "../store/hooks";
import { powersOf } from "./powers";

/** How many reports wait for somebody, for who deals with them; no event tells of it, so it is asked for now and then. */
export function useOpenReports(): number {
  const { admin } = useChat().client;
  const { me, connection } = useChatView();
  const [count, setCount] = useState(0);
  const asks = powersOf(me).any && connection.type === "live";
  useEffect(() => {
    if (!asks) return;
    const stop = new AbortController();
    const look = () => {
      admin.reports({ state: "open", limit: MOST }, { signal: stop.signal }).then(
        ({ items }) => setCount(items.length),
        // What cannot be had now comes with the next look.
        () => {},
      );
    };
    look();
    const timer = setInterval(look, AGAIN_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [admin, asks]);
  return asks ? count : 0;
}

/** More than anybody counts. */
const MOST = 100;
const AGAIN_MS = 5 * 60_000;
