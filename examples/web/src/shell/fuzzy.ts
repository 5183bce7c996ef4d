/** How well a few typed letters fit a name: letters in their order, best at the beginnings of words and together. */
export function fitOf(query: string, name: string): number | null {
  const wanted = folded(query);
  const within = folded(name);
  if (wanted === "") return 0;
  let score = 0;
  let from = 0;
  let run = 0;
  for (const letter of wanted) {
    const at = within.indexOf(letter, from);
    if (at < 0) return null;
    const begins = at === 0 || /[\s._-]/.test(within[at - 1] ?? "");
    run = at === from && from > 0 ? run + 1 : 0;
    score += (begins ? 8 : 0) + run * 4 - Math.min(at - from, 6);
    from = at + letter.length;
  }
  return score - within.length / 50;
}

function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}
