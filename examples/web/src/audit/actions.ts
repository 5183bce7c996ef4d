/** What leaves an entry in the audit log of a server or of the backend, by what it is about. */
import type { Key } from "../i18n";
import type { IconName } from "../ui/icon";

export type Tone = "made" | "changed" | "taken";

interface About {
  readonly icon: IconName;
  readonly tone: Tone;
  /** Whether it is in the log of the backend alone. */
  readonly ofBackend?: true;
}

const GROUPED = {
  "audit.server": {
    "servers.update": { icon: "settings", tone: "changed" },
    "servers.transfer": { icon: "crown", tone: "changed" },
    "admin.suspend_server": { icon: "ban", tone: "taken" },
    "admin.unsuspend_server": { icon: "ban", tone: "made" },
  },
  "members.title": {
    "members.update": { icon: "edit", tone: "changed" },
    "members.assign_role": { icon: "shield", tone: "made" },
    "members.remove_role": { icon: "shield", tone: "taken" },
    "members.mute": { icon: "mute", tone: "taken" },
    "members.unmute": { icon: "bell", tone: "made" },
    "members.kick": { icon: "kick", tone: "taken" },
    "admin.restrict_in_server": { icon: "lock", tone: "taken" },
    "admin.unrestrict_in_server": { icon: "lock", tone: "made" },
    "admin.restrict_in_channel": { icon: "lock", tone: "taken" },
    "admin.unrestrict_in_channel": { icon: "lock", tone: "made" },
  },
  "bans.title": {
    "bans.put": { icon: "ban", tone: "taken" },
    "bans.delete": { icon: "ban", tone: "made" },
    "domain_bans.put": { icon: "globe", tone: "taken" },
    "domain_bans.delete": { icon: "globe", tone: "made" },
  },
  "roles.title": {
    "roles.create": { icon: "shield", tone: "made" },
    "roles.update": { icon: "shield", tone: "changed" },
    "roles.order": { icon: "shield", tone: "changed" },
    "roles.delete": { icon: "shield", tone: "taken" },
  },
  "channels.title": {
    "channels.create": { icon: "hash", tone: "made" },
    "channels.update": { icon: "hash", tone: "changed" },
    "channels.delete": { icon: "hash", tone: "taken" },
    "channels.order": { icon: "hash", tone: "changed" },
  },
  "overrides.title": {
    "channels.put_role_override": { icon: "lock", tone: "changed" },
    "channels.delete_role_override": { icon: "lock", tone: "taken" },
    "channels.put_member_override": { icon: "lock", tone: "changed" },
    "channels.delete_member_override": { icon: "lock", tone: "taken" },
    "channels.follow_parent": { icon: "lock", tone: "changed" },
    "channels.unfollow_parent": { icon: "lock", tone: "changed" },
  },
  "invitations.title": {
    "invitations.create": { icon: "mail", tone: "made" },
    "invitations.revoke": { icon: "mail", tone: "taken" },
  },
  "keys.messages": {
    "messages.delete": { icon: "trash", tone: "taken" },
    "pins.put": { icon: "pin", tone: "made" },
    "pins.delete": { icon: "unpin", tone: "taken" },
    "reactions.clear": { icon: "smile", tone: "taken" },
  },
  "admin.users": {
    "admin.grant_role": { icon: "shield", tone: "made", ofBackend: true },
    "admin.revoke_role": { icon: "shield", tone: "taken", ofBackend: true },
    "admin.suspend_user": { icon: "ban", tone: "taken", ofBackend: true },
    "admin.unsuspend_user": { icon: "ban", tone: "made", ofBackend: true },
  },
  "reports.title": {
    "admin.claim_report": { icon: "flag", tone: "changed", ofBackend: true },
    "admin.resolve_report": { icon: "flag", tone: "made", ofBackend: true },
  },
  "federation.title": {
    "admin.allow_backends": { icon: "globe", tone: "changed", ofBackend: true },
  },
} as const satisfies Partial<Record<Key, Readonly<Record<string, About>>>>;

type Grouped = typeof GROUPED;
export type Action = { [Title in keyof Grouped]: keyof Grouped[Title] }[keyof Grouped];

/** The actions of the log of a server or of the backend in groups, each with its title. */
export function groupsOf(log: "server" | "backend"): { title: keyof Grouped; actions: Action[] }[] {
  const isIn = (action: string) => (log === "server" ? !aboutOf(action).ofBackend : action.startsWith("admin."));
  return Object.entries(GROUPED).flatMap(([title, actions]) => {
    const own = (Object.keys(actions) as Action[]).filter(isIn);
    return own.length > 0 ? [{ title: title as keyof Grouped, actions: own }] : [];
  });
}

const ABOUT = new Map<string, About>(Object.values(GROUPED).flatMap((actions) => Object.entries(actions)));

/** Whether it is an action that has sentences of its own; a newer backend may have more. */
export const isAction = (name: string): name is Action => ABOUT.has(name);

/** How an action is drawn. */
export const aboutOf = (name: string): About => ABOUT.get(name) ?? { icon: "settings", tone: "changed" };
