/** What somebody may do, asked of the SDK's engine: with a role alone, or with an override left out. */
import { permissions, type Channel, type KnownServer, type Member, type Permission, type PermissionServer } from "../sdk";

/** What a member with these roles may do in a channel; `without` leaves the override of one role or member out. */
export function inChannelAs(known: KnownServer, channel: Channel, as: { user: string; roles: readonly string[] }, without: string | null = null): readonly Permission[] {
  return permissions.inChannel({
    server: serverWith(known, as),
    user: as.user,
    now: Date.now(),
    overrides: Object.entries(channel.overrides)
      .filter(([target]) => target !== without)
      .map(([target, { allow, deny }]) => ({ for: target, allow, deny })),
  });
}

/** Somebody who has a role and nothing else. */
export const holder = (role: string | null): { user: string; roles: readonly string[] } => ({ user: NOBODY, roles: role === null ? [] : [role] });

/** Whom an override is for, as somebody whose permissions can be asked for. */
export function subjectOf(known: KnownServer, target: string, member: Member | null): { user: string; roles: readonly string[] } {
  if (member) return { user: member.user, roles: member.roles };
  const role = known.roles.find(({ id }) => `role:${id}` === target);
  return holder(role && !role.everyone ? role.id : null);
}

function serverWith({ server, roles }: KnownServer, as: { user: string; roles: readonly string[] }): PermissionServer {
  const everyone = roles.find((role) => role.everyone);
  return {
    owner: server.owner,
    everyone: { id: everyone?.id ?? "", permissions: everyone?.permissions ?? [] },
    roles: roles.filter((role) => !role.everyone).map(({ id, position, permissions }) => ({ id, position, permissions })),
    members: [{ user: as.user, roles: [...as.roles], muted_until: null }],
  };
}

/** No user has this id. */
const NOBODY = "00000000-0000-7000-8000-000000000000@nobody.invalid";
