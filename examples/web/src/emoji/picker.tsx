import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { t } from "../i18n";
import { Skeleton } from "../ui/skeleton";
import { emojiNow, loadEmoji, type Emoji } from "./emoji";
import { chooseSkin, choseEmoji, recentEmoji, skinTone } from "./favourites";
import { grouped, moved, searched, skinned } from "./search";

/** Emoji to choose from: by words, by kind, or again. From the field the arrow keys lead into the rows. */
export function EmojiPicker({ onChoose }: { onChoose: (emoji: string) => void }) {
  const [emoji, setEmoji] = useState(emojiNow);
  const [failed, setFailed] = useState(false);
  const [query, setQuery] = useState("");
  const [tone, setTone] = useState(skinTone);
  const [pointed, setPointed] = useState<Emoji | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    loadEmoji().then(setEmoji, () => setFailed(true));
  }, []);
  const sections = useMemo(() => {
    if (!emoji) return [];
    if (query.trim() !== "") return [{ name: t("emoji.found"), emoji: searched(query, emoji, 90) }];
    const recent = recentEmoji().flatMap((unicode) => emoji.find((one) => one.unicode === unicode) ?? []);
    return [
      ...(recent.length > 0 ? [{ name: t("emoji.recent"), emoji: recent }] : []),
      ...grouped(emoji).map(({ group, emoji }) => ({ name: t(`emoji.group.${group}`), emoji })),
    ];
  }, [emoji, query]);
  const choose = (one: Emoji) => {
    choseEmoji(one.unicode);
    onChoose(skinned(one, tone));
  };
  const walk = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    const cells = [...(box.current?.querySelectorAll<HTMLElement>("[data-emoji]") ?? [])];
    const at = cells.indexOf(event.target as HTMLElement);
    if (at < 0) {
      if (event.key === "Enter") {
        event.preventDefault();
        const best = sections[0]?.emoji[0];
        if (best) choose(best);
      } else if (event.key === "ArrowDown") {
        event.preventDefault();
        cells[0]?.focus();
      }
      return;
    }
    const next = moved(at, event.key, cells.length, COLUMNS);
    if (!event.key.startsWith("Arrow") && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    if (event.key === "ArrowUp" && at < COLUMNS) box.current?.querySelector("input")?.focus();
    else cells[next]?.focus();
  };
  let number = 0;
  return (
    <div className="emoji-picker" ref={box} onKeyDown={walk}>
      <div className="emoji-top">
        <input type="search" autoFocus aria-label={t("emoji.search")} placeholder={t("emoji.search")} value={query} onChange={(event) => setQuery(event.target.value)} />
        <Tones tone={tone} onChange={(tone) => { chooseSkin(tone); setTone(tone); }} />
      </div>
      <div className="emoji-rows" role="region" aria-label={t("emoji.title")}>
        {failed && <p className="problem" role="alert">{t("emoji.failed")}</p>}
        {!emoji && !failed && <Skeleton rows={4} />}
        {sections.map(({ name, emoji }) => (
          <section key={name} aria-label={name}>
            <h3>{name}</h3>
            <div className="emoji-grid">
              {emoji.map((one) => (
                <button
                  key={one.unicode}
                  type="button"
                  data-emoji
                  tabIndex={(number += 1) === 1 ? 0 : -1}
                  aria-label={one.label}
                  onFocus={() => setPointed(one)}
                  onPointerEnter={() => setPointed(one)}
                  onClick={() => choose(one)}
                >
                  {skinned(one, tone)}
                </button>
              ))}
            </div>
          </section>
        ))}
        {emoji && sections.every((section) => section.emoji.length === 0) && <p className="hint pad" role="status">{t("emoji.none")}</p>}
      </div>
      <p className="emoji-foot" aria-hidden="true">{pointed ? <><span>{skinned(pointed, tone)}</span> {pointed.names[0] ? `:${pointed.names[0]}:` : pointed.label}</> : ""}</p>
    </div>
  );
}

const TONES = ["✋", "✋🏻", "✋🏼", "✋🏽", "✋🏾", "✋🏿"] as const;

function Tones({ tone, onChange }: { tone: number; onChange: (tone: number) => void }) {
  return (
    <select className="emoji-tone" aria-label={t("emoji.skin")} value={tone} onChange={(event) => onChange(Number(event.target.value))}>
      {TONES.map((hand, number) => <option key={hand} value={number} aria-label={t("emoji.skin.number", { number: number + 1 })}>{hand}</option>)}
    </select>
  );
}

/** Cells in a row, as the style has them. */
const COLUMNS = 9;
