import { useEffect, useState } from "react";
import { useChat } from "../store/hooks";

/** What the backend says of itself. */
export interface About {
  readonly domain: string;
  /** Whether it keeps mails in files. */
  readonly spools: boolean;
}

export function useAbout(): About | null {
  const { backend } = useChat().client;
  const [about, setAbout] = useState<About | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    backend.get({}, { signal: stop.signal }).then(({ domain, mail }) => setAbout({ domain, spools: mail === "spool" }), () => {
      // Then the page says what it knows without.
    });
    return () => stop.abort();
  }, [backend]);
  return about;
}
