/**
 * Who is signed in, as this device keeps it, so that the page opens without the backend. What lets somebody in is the
 * cookie alone. For who does not stay signed in it is kept as long as the tab is.
 */
import type { StoredSession } from "../sdk";

const SESSION = "beep.session";
/** Stands there while a session that ended here may not have ended on the backend. */
const LEFT = "beep.left";

export function kept(): StoredSession | null {
  return read(stores().map((store) => store.getItem(SESSION)).find((text) => text !== null) ?? null);
}

/** Whether who is signed in stays so when the browser is closed. */
export function stays(): boolean {
  return stores()[0]?.getItem(SESSION) != null;
}

/** Keeps it where it was; `lasts` says where else. */
export function keep(session: StoredSession | null, lasts: boolean | null = null): void {
  const [lasting, ofTab] = stores();
  if (!lasting || !ofTab || session === null) return;
  const place = (lasts ?? stays()) ? lasting : ofTab;
  attempt(() => {
    for (const store of [lasting, ofTab]) if (store !== place) store.removeItem(SESSION);
    place.setItem(SESSION, JSON.stringify(session));
    lasting.removeItem(LEFT);
  });
}

export function drop(): void {
  for (const store of stores()) attempt(() => store.removeItem(SESSION));
}

/** Somebody logged out here, and the backend does not know of it. */
export function left(): boolean {
  return stores()[0]?.getItem(LEFT) != null;
}

export function setLeft(is: boolean): void {
  const [lasting] = stores();
  attempt(() => (is ? lasting?.setItem(LEFT, "yes") : lasting?.removeItem(LEFT)));
}

function read(text: string | null): StoredSession | null {
  try {
    const session = JSON.parse(text ?? "null") as Partial<StoredSession> | null;
    return typeof session?.session_id === "string" && typeof session.user?.id === "string" ? (session as StoredSession) : null;
  } catch {
    return null;
  }
}

/** What outlives the tab, and what does not; none where storage is closed to the page. */
function stores(): Storage[] {
  try {
    return [localStorage, sessionStorage];
  } catch {
    return [];
  }
}

function attempt(change: () => void): void {
  try {
    change();
  } catch {
    // There is no room; then the page opens only with the backend.
  }
}
