/** The icon of the page in the list of tabs, and the badge of the installed app. */

/** Shows how many mentions wait, or that something else is new. */
export function showOnIcons(mentions: number, isNew: boolean): void {
  const link = globalThis.document?.querySelector<HTMLLinkElement>("link[rel=icon]");
  const href = mentions > 0 ? counted(mentions) : isNew ? "/icon-unread.svg" : "/icon.svg";
  if (link && link.getAttribute("href") !== href) link.setAttribute("href", href);
  const { navigator } = globalThis;
  const badge = mentions > 0 ? navigator?.setAppBadge?.(mentions) : isNew ? navigator?.setAppBadge?.() : navigator?.clearAppBadge?.();
  badge?.catch(() => {
    // Only an installed app has a badge.
  });
}

/** An icon with a number as large as a tab can show it. */
export function counted(count: number): string {
  const text = count > MOST ? `${MOST}+` : String(count);
  const number = `<text x="18" y="25" text-anchor="middle" font-family="system-ui,sans-serif" font-weight="700" font-size="${text.length > 1 ? 16 : 20}" fill="#fff">${text}</text>`;
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#4b4fd6"/><circle cx="18" cy="18" r="13" fill="#d3232a"/>${number}</svg>`)}`;
}

const MOST = 9;
