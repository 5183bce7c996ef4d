import type { Key } from "../i18n";
import { permissions, type Permission } from "../sdk";

interface Group {
  readonly title: Key;
  readonly permissions: readonly Permission[];
}

/** The permissions by what they are about; those behind which there is nothing to do yet are marked. */
const GROUPS: readonly Group[] = [
  { title: "permissions.general", permissions: ["view_channels", "manage_channels", "manage_roles", "manage_server"] },
  { title: "permissions.people", permissions: ["manage_invitations", "manage_members", "change_nickname", "manage_nicknames"] },
  { title: "permissions.text", permissions: ["send_messages", "manage_messages", "attach_files", "manage_webhooks"] },
  { title: "permissions.advanced", permissions: ["administrator"] },
];

export const COMING: ReadonlySet<Permission> = new Set<Permission>(["attach_files", "manage_webhooks"]);

/** What means something inside of one channel. */
export const IN_CHANNEL: readonly Permission[] = ["view_channels", "send_messages", "manage_messages", "manage_channels", "attach_files", "manage_webhooks"];

/** All that the engine has, in groups; those that no group names come last. */
export function allGroups(): readonly Group[] {
  const { all } = permissions;
  const grouped = new Set(GROUPS.flatMap((group) => group.permissions));
  const groups = GROUPS.map((group) => ({ ...group, permissions: group.permissions.filter((one) => all.includes(one)) }));
  const others = all.filter((one) => !grouped.has(one));
  return others.length === 0 ? groups : [...groups, { title: "permissions.others", permissions: others }];
}
