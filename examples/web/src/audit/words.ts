/** What an entry of the audit log says: whom and what its sentence names, and what is different since. */
import type { AuditEntry } from "../sdk";
import { isAction, type Action } from "./actions";

type Change = AuditEntry["changes"][number];
type Value = NonNullable<Change["before"]>;

/** What somebody or something is called is looked up by who draws it. */
export interface Named {
  readonly kind: "user" | "role" | "channel" | "domain" | "server" | "global_role";
  readonly id: string;
}

/** A line about something that is different. */
export type Line =
  | { readonly type: "value"; readonly field: string; readonly before: Value | null; readonly after: Value | null }
  /** Roles as they stood and as they stand, the highest first. */
  | { readonly type: "order"; readonly field: string; readonly before: readonly string[]; readonly after: readonly string[] }
  /** The domains that are allowed; `null` for all. */
  | { readonly type: "domains"; readonly field: string; readonly before: readonly string[] | null; readonly after: readonly string[] | null }
  /** Permissions; of an override with whom it is for. */
  | { readonly type: "permissions"; readonly field: string; readonly of: Named | null; readonly added: readonly string[]; readonly removed: readonly string[] };

export const PLACES = ["target", "role", "member", "channel", "server"] as const;
type Place = (typeof PLACES)[number];

/** What stands at the places of an entry's sentence, but for who did it. */
export function namedIn({ action, target, changes }: AuditEntry): Partial<Record<Place, Named>> {
  const given = (field: string) => {
    const change = changes.find((one) => one.field === field);
    const value = change?.after ?? change?.before;
    return typeof value === "string" ? value : null;
  };
  const named = (kind: Named["kind"], id: string | null | undefined) => (id ? { kind, id } : null);
  const override = changes.map(({ field }) => targetOf(field)).find((of) => of !== null);
  const found = {
    target: action === "servers.transfer" ? named("user", given("owner")) : isKind(target.kind) ? named(target.kind, target.id) : null,
    role: override?.kind === "role" ? override : (named("role", given("role")) ?? named("global_role", given("global_role"))),
    member: override?.kind === "user" ? override : null,
    channel: named("channel", given("channel_id")),
    server: named("server", given("server_id")),
  };
  return Object.fromEntries(Object.entries(found).filter(([, of]) => of !== null));
}

/** What is different since, without what the sentence says already and what a new thing does not have. */
export function linesOf({ action, actor, changes }: AuditEntry): Line[] {
  const said = isAction(action) ? (SAID[action] ?? []) : [];
  return changes.flatMap((change): Line[] => {
    const { field, before, after } = change;
    if (said.includes(field) || (field === "inviter" && after === actor) || (field === "claimed_by" && before === null && after === actor)) return [];
    if (field === "allow_list") return [{ type: "domains", field, before: before === null ? null : listOf(before), after: after === null ? null : listOf(after) }];
    if (field === "roles" && Array.isArray(before) && Array.isArray(after)) return [{ type: "order", field, before, after }];
    if (Array.isArray(before) || Array.isArray(after)) return permissionLine(change);
    if (before === null && after === null) return [];
    // A whole thing came or went.
    if ((before === null || after === null) && (isNothing(before ?? after) || field === "position")) return [];
    // Of a flag it is enough how it is.
    if (typeof after === "boolean") return [{ type: "value", field, before: null, after }];
    return [{ type: "value", field, before: before === "" ? null : before, after: after === "" ? null : after }];
  });
}

/** The names that entries themselves tell of roles and channels, as some are gone: the newest of each, entries being the newest first. */
export function namesIn(entries: readonly AuditEntry[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { target, changes } of entries) {
    const change = changes.find(({ field }) => field === "name");
    const name = change?.after ?? change?.before;
    if (typeof name === "string" && !names.has(target.id)) names.set(target.id, name);
  }
  return names;
}

/** What the sentences of these say. */
const SAID: Partial<Record<Action, readonly string[]>> = {
  "servers.transfer": ["owner"],
  "members.assign_role": ["role"],
  "members.remove_role": ["role"],
  "roles.create": ["name"],
  "roles.delete": ["name"],
  "channels.create": ["name"],
  "channels.delete": ["name"],
  "messages.delete": ["channel_id"],
  "pins.put": ["channel_id"],
  "pins.delete": ["channel_id"],
  "reactions.clear": ["channel_id"],
  "admin.grant_role": ["global_role"],
  "admin.revoke_role": ["global_role"],
  "admin.restrict_in_server": ["server_id"],
  "admin.unrestrict_in_server": ["server_id"],
  "admin.restrict_in_channel": ["channel_id"],
  "admin.unrestrict_in_channel": ["channel_id"],
};

function permissionLine({ field, before, after }: Change): Line[] {
  const [had, has] = [listOf(before), listOf(after)];
  const [added, removed] = [has.filter((one) => !had.includes(one)), had.filter((one) => !has.includes(one))];
  if (added.length === 0 && removed.length === 0) return [];
  return [{ type: "permissions", field: field.split(".").at(-1) ?? field, of: targetOf(field), added, removed }];
}

/** Whom an override is for, as `overrides.role:<id>.allow` names them. */
function targetOf(field: string): Named | null {
  const [, kind, id] = /^overrides\.(role|member):(.+)\.(?:allow|deny)$/.exec(field) ?? [];
  return kind === undefined || id === undefined ? null : { kind: kind === "role" ? "role" : "user", id };
}

const listOf = (value: Value | null): readonly string[] => (Array.isArray(value) ? value : []);
const isNothing = (value: Value | null): boolean => value === null || value === "" || value === false || value === 0;
const isKind = (kind: string): kind is Named["kind"] => kind === "user" || kind === "role" || kind === "channel" || kind === "domain" || kind === "server";
