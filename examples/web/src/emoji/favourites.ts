/** The emoji that somebody chose last, and the skin that they want, on this device. */
const RECENT = "beep.emoji";
const SKIN = "beep.skin";
const MOST = 27;

export function recentEmoji(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(RECENT) ?? "[]");
    return Array.isArray(stored) ? stored.filter((one): one is string => typeof one === "string" && one.length < 40).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function choseEmoji(emoji: string): void {
  write(RECENT, JSON.stringify([emoji, ...recentEmoji().filter((one) => one !== emoji)].slice(0, MOST)));
}

/** 0 is yellow; 1 to 5 go from light to dark. */
export function skinTone(): number {
  try {
    const stored = Number(localStorage.getItem(SKIN));
    return Number.isInteger(stored) && stored >= 0 && stored <= 5 ? stored : 0;
  } catch {
    return 0;
  }
}

export function chooseSkin(tone: number): void {
  write(SKIN, String(tone));
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Then it holds for this once.
  }
}
