/** Whether a text is so long that only its beginning is shown at first. */
export function isLong(text: string): boolean {
  let lines = 0;
  for (const line of text.split(/\r\n?|\n/)) {
    lines += Math.max(1, Math.ceil(line.length / WIDTH));
    if (lines > MOST_LINES) return true;
  }
  return false;
}

/** As many lines are shown; somewhat more are not worth a press. */
export const SHOWN_LINES = 20;
const MOST_LINES = SHOWN_LINES + 4;
/** About as many letters fit on a line. */
const WIDTH = 90;
