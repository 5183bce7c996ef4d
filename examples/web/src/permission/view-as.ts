/** What somebody may do, asked of the SDK's engine: with a role alone, or with an override left out. */
import { permissions, type Channel, type Explained, type KnownServer, type Member, type Permission, type PermissionServer } from "../sdk";

interface Subject {
  readonly user: string;
  readonly roles: readonly string[];
}

/** What a member with these roles may do in a channel; `without` leaves the override of one role or member out. */
export function inChannelAs(known: KnownServer, channel: Channel, as: Subject, without: string | null = null): readonly Permission[] {
  return permissions.inChannel({ server: serverWith(known, as), user: as.user, now: Date.now(), overrides: overridesFor(known, channel, as).filter((one) => one.for !== without) });
}

/** The same with the reasons; in the server as a whole without a channel. */
export function explainAs(known: KnownServer, channel: Channel | null, as: Subject): Explained {
  return permissions.explain({ server: serverWith(known, as), user: as.user, now: Date.now(), ...(channel !== null && { overrides: overridesFor(known, channel, as) }) });
}

/** Somebody who has a role and nothing else. */
export const holder = (role: string | null): Subject => ({ user: NOBODY, roles: role === null ? [] : [role] });

/** Whom an override is for, as somebody whose permissions can be asked for. */
export function subjectOf(known: KnownServer, target: string, member: Member | null): Subject {
  if (member) return { user: member.user, roles: member.roles };
  const role = known.roles.find(({ id }) => `role:${id}` === target);
  return holder(role && !role.everyone ? role.id : null);
}

/** The overrides of a channel that concern somebody. */
function overridesFor(known: KnownServer, channel: Channel, { user, roles }: Subject): { for: string; allow: readonly Permission[]; deny: readonly Permission[] }[] {
  const all = [...roles, ...known.roles.filter((role) => role.everyone).map(({ id }) => id)];
  return [...all.map((role) => `role:${role}`), `member:${user}`].flatMap((target) => {
    const saved = channel.overrides[target];
    return saved ? [{ for: target, allow: saved.allow, deny: saved.deny }] : [];
  });
}

/** The server as far as it concerns somebody. */
function serverWith({ server, roles }: KnownServer, as: Subject): PermissionServer {
  const everyone = roles.find((role) => role.everyone);
  return {
    owner: server.owner,
    everyone: { id: everyone?.id ?? "", permissions: everyone?.permissions ?? [] },
    roles: roles.filter(({ id }) => as.roles.includes(id)).map(({ id, position, permissions }) => ({ id, position, permissions })),
    members: [{ user: as.user, roles: [...as.roles], muted_until: null }],
  };
}

/** No user has this id. */
const NOBODY = "00000000-0000-7000-8000-000000000000@nobody.invalid";
