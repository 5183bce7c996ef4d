import { useEffect, useState } from "react";
import { emojiOf, loadEmoji } from "./emoji";

/** `:tada:` as it is meant, once the names are here; a name that nobody knows stays as it was written. */
export function NamedEmoji({ name }: { name: string }) {
  const [emoji, setEmoji] = useState(() => emojiOf(name));
  useEffect(() => {
    let gone = false;
    loadEmoji().then(() => gone || setEmoji(emojiOf(name)), () => {});
    return () => {
      gone = true;
    };
  }, [name]);
  return emoji === null ? <>{`:${name}:`}</> : <span role="img" aria-label={name.replaceAll("_", " ")} title={`:${name}:`}>{emoji}</span>;
}
