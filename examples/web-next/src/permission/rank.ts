/** Who may act on whom and on what, asked of the SDK's engine: nothing here compares permissions or ranks itself. */
import { permissions, type HierarchyAct, type KnownServer, type Member, type Permission, type PermissionServer } from "../sdk";

export function mayActOnRole(known: KnownServer, role: string): boolean {
  return allowed(known, [], { on_role: role });
}

export function mayActOnMember(known: KnownServer, member: Member): boolean {
  return allowed(known, [member], { on_member: member.user });
}

/** What somebody would hand out beyond what they hold. */
export function beyond(held: readonly Permission[], before: readonly Permission[], after: readonly Permission[]): readonly Permission[] {
  return permissions.beyond({ held, before, after });
}

function allowed(known: KnownServer, others: readonly Member[], act: HierarchyAct): boolean {
  return permissions.rankAllows({ server: engineServer(known, others), user: known.member.user, act });
}

function engineServer({ server, roles, member }: KnownServer, others: readonly Member[]): PermissionServer {
  const everyone = roles.find((role) => role.everyone);
  const members = [member, ...others.filter(({ user }) => user !== member.user)];
  return {
    owner: server.owner,
    everyone: { id: everyone?.id ?? "", permissions: everyone?.permissions ?? [] },
    roles: roles.filter((role) => !role.everyone).map(({ id, position, permissions }) => ({ id, position, permissions })),
    members: members.map(({ user, roles, muted_until }) => ({
      user,
      roles,
      muted_until: muted_until === null ? null : Date.parse(muted_until),
    })),
  };
}
