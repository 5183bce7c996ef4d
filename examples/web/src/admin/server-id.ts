/** The id of a server that a text holds, as its id or a link into it; `null` if there is none. `home`: whose it is if the text does not say. */
export function serverIn(text: string, home: string): string | null {
  const [, id, domain] = /(?:^|\/s\/)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:@([^\s/]+))?(?:\/|$)/i.exec(text.trim()) ?? [];
  return id === undefined ? null : `${id.toLowerCase()}@${domain ?? home}`;
}
