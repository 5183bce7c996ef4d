import type { Key } from "../i18n";
import type { Permission } from "../sdk";

/** The permissions by what they are about; those behind which there is nothing to do yet are marked. */
export const GROUPS: readonly { title: Key; permissions: readonly Permission[] }[] = [
  { title: "permissions.general", permissions: ["view_channels", "manage_channels", "manage_roles", "manage_server"] },
  { title: "permissions.people", permissions: ["manage_invitations", "manage_members", "change_nickname", "manage_nicknames"] },
  { title: "permissions.text", permissions: ["send_messages", "manage_messages", "attach_files", "manage_webhooks"] },
  { title: "permissions.advanced", permissions: ["administrator"] },
];

export const COMING: ReadonlySet<Permission> = new Set<Permission>(["attach_files", "manage_webhooks"]);

/** What means something inside of one channel. */
export const IN_CHANNEL: readonly Permission[] = ["view_channels", "send_messages", "manage_messages", "manage_channels", "attach_files", "manage_webhooks"];
