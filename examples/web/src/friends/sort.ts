/** The order in which people are listed, and who of them is searched for. */
import type { FriendRow } from "../store/objects";

/** What somebody is called apart from any server; `…` until it is known. */
export function friendName({ profile }: Pick<FriendRow, "profile">): string {
  return profile?.display_name ?? profile?.username ?? "…";
}

/** By name, as the reader's language sorts; those of one name by handle. */
export function byName(rows: readonly FriendRow[], language: string): readonly FriendRow[] {
  const { compare } = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
  return [...rows].sort((a, b) => compare(friendName(a), friendName(b)) || compare(handle(a), handle(b)));
}

/** Those whose name or handle holds what is searched for, whatever its case and accents. */
export function matching(rows: readonly FriendRow[], query: string): readonly FriendRow[] {
  const wanted = folded(query.trim().replace(/^@/, ""));
  return wanted === "" ? rows : rows.filter((row) => folded(`${friendName(row)}\n${handle(row)}`).includes(wanted));
}

function handle({ profile, user }: FriendRow): string {
  return profile ? `${profile.username}@${profile.domain}` : user;
}

function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
