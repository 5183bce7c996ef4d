/** The emoji that somebody chose last, and the skin that they want, on this device. */
import { read, readJson, write } from "../store/device";

const RECENT = "beep.emoji";
const SKIN = "beep.skin";
const MOST = 27;

export function recentEmoji(): readonly string[] {
  const stored = readJson(RECENT);
  return Array.isArray(stored) ? stored.filter((one): one is string => typeof one === "string" && one.length < 40).slice(0, MOST) : [];
}

export function choseEmoji(emoji: string): void {
  write(RECENT, JSON.stringify([emoji, ...recentEmoji().filter((one) => one !== emoji)].slice(0, MOST)));
}

/** 0 is yellow; 1 to 5 go from light to dark. */
export function skinTone(): number {
  const stored = Number(read(SKIN));
  return Number.isInteger(stored) && stored >= 0 && stored <= 5 ? stored : 0;
}

export function chooseSkin(tone: number): void {
  write(SKIN, String(tone));
}
