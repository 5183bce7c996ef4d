/** A list in which one is put before another; at the end if the other is `null` or not in the list. */
export function moved(list: readonly string[], one: string, before: string | null): string[] {
  const rest = list.filter((other) => other !== one);
  const at = before === null ? -1 : rest.indexOf(before);
  const end = at < 0 ? rest.length : at;
  return [...rest.slice(0, end), one, ...rest.slice(end)];
}
