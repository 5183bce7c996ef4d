import { useEffect } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { dateOf, momentOf, t } from "../i18n";
import { beyond, mayActOnMember, mayActOnRole } from "../permission/rank";
import { homeOf, type KnownServer, type Member, type Role } from "../sdk";
import { StatusText, WithPresence } from "../presence/mark";
import { serverOf, useChat, useElsewhere, useHandle, useName, usePermissions, useRoster } from "../store/hooks";
import { Problem, explain, useAction } from "../ui/action";
import { Avatar, hueOf } from "../ui/avatar";
import { Button } from "../ui/button";
import { IconButton } from "../ui/icon-button";
import { Icon } from "../ui/icon";
import { Menu } from "../ui/menu";
import { Name } from "../ui/name";
import { toast } from "../ui/toast";
import { entriesOf, isMuted, usePersonActions } from "./person-menu";
import { RoleDot } from "./role-dot";

/** Somebody: who they are, in a server since when they are there and their roles, and what one may do about them. */
export function ProfileCard({ known, user, onClose }: { known: KnownServer | null; user: string; onClose?: () => void }) {
  const chat = useChat();
  const name = useName(serverOf(known), user);
  const handle = useHandle(user);
  const elsewhere = useElsewhere(user);
  const member = useMember(known, user);
  const profile = member?.profile ?? chat.people.user(user);
  const actions = usePersonActions(known, user, member, onClose);
  const { mention, kick, ban, dialogs } = actions;
  // Nobody is there to hear of it.
  const friend = profile?.deleted ? [] : actions.friend;
  const write = friend.find(({ id }) => id === "write");
  const first = friend.find(({ id }) => id === "add" || id === "accept" || id === "cancel");
  return (
    <article className="profile-card">
      <div className="profile-banner" style={{ "--hue": hueOf(user) * 22.5 } as React.CSSProperties} />
      <WithPresence user={user}><Avatar id={user} name={name} size="huge" /></WithPresence>
      <div className="profile-actions">
        {mention && <IconButton icon="mention" small label={t("person.mention")} onPress={() => { onClose?.(); setTimeout(mention); }} />}
        {first && <IconButton icon={first.icon ?? "invite"} small label={first.label} onPress={first.act} />}
        <Menu label={t("member.menu", { name })} side="bottom end" entries={entriesOf({ ...actions, friend: friend.filter((one) => one !== write), mention: null, kick: null, ban: null })}>
          <AriaButton className="icon-button small" aria-label={t("message.more")}><Icon name="more" small /></AriaButton>
        </Menu>
      </div>
      <h2><Name>{name}</Name>{user === known?.server.owner && <span className="owner"><Icon name="crown" small /><span className="hidden">{t("owner")}</span></span>}</h2>
      <StatusText user={user} />
      {handle && !profile?.deleted && <p className="quiet"><Name>{`@${handle}`}</Name></p>}
      {elsewhere && <p className="hint"><Icon name="globe" small /> {t("member.elsewhere", { domain: elsewhere })}</p>}
      {profile?.bio && <p className="bio" dir="auto">{profile.bio}</p>}
      {write && <Button look="primary" icon="message" onClick={() => { onClose?.(); write.act(); }}>{write.label}</Button>}
      {known && (member ? (
        <>
          <dl className="facts"><dt>{t("member.since")}</dt><dd>{dateOf(member.joined_at)}</dd></dl>
          {isMuted(member) && <p className="notice">{t("member.muted", { time: momentOf(member.muted_until) })}</p>}
          <Chips known={known} member={member} />
          {kick && ban && (
            <footer>
              <Button icon="kick" onClick={kick}>{t("kick")}</Button>
              <Button icon="ban" look="danger" onClick={ban}>{t("ban")}</Button>
            </footer>
          )}
        </>
      ) : (
        <p className="hint">{t("member.gone")}</p>
      ))}
      {dialogs}
    </article>
  );
}

/** The member, asked for if the list of members does not hold them; `null` apart from any server. */
function useMember(known: KnownServer | null, user: string): Member | null {
  const chat = useChat();
  const server = serverOf(known);
  const member = useRoster(server).members.find((one) => one.user === user) ?? null;
  const missing = member === null;
  useEffect(() => {
    if (!missing || server === null) return;
    const stop = new AbortController();
    chat.client.members.get({ server, user }, { signal: stop.signal }).then((found) => chat.people.put(found), () => {
      // Then the card says that they are no member.
    });
    return () => stop.abort();
  }, [chat, server, user, missing]);
  return member;
}

/** The roles of a member; whoever may takes and gives them. */
export function Chips({ known, member }: { known: KnownServer; member: Member }) {
  const { members } = useChat().client;
  const held = usePermissions(known);
  const { run, busy, error } = useAction();
  const manages = held.includes("manage_roles") || held.includes("manage_members");
  const reaches = manages && (member.user === known.member.user || mayActOnMember(known, member));
  const roles = known.roles.filter((role) => !role.everyone);
  const mine = roles.filter(({ id }) => member.roles.includes(id));
  const givable = roles.filter((role) => !member.roles.includes(role.id) && mayActOnRole(known, role.id) && beyond(held, [], role.permissions).length === 0);
  const set = (role: Role, has: boolean) => members[has ? "assignRole" : "removeRole"]({ server: known.server.id, user: member.user, role: role.id });
  const change = (role: Role, has: boolean) =>
    run(() => set(role, has), () =>
      toast(t(has ? "role.given" : "role.taken", { role: role.name }), () => {
        set(role, !has).catch((cause) => toast(explain(cause, homeOf(known.server.id))));
      }));
  return (
    <section className="chips-of" aria-busy={busy}>
      <h3>{t("roles.title")}</h3>
      <ul className="chips">
        {mine.map((role) => (
          <li key={role.id} className="chip">
            <RoleDot color={role.color} />
            <Name className="line">{role.name}</Name>
            {reaches && mayActOnRole(known, role.id) && <button type="button" aria-label={t("role.take", { role: role.name })} onClick={() => change(role, false)}><Icon name="close" small /></button>}
          </li>
        ))}
        {mine.length === 0 && <li className="hint">{t("member.roles.none")}</li>}
        {reaches && givable.length > 0 && (
          <li>
            <Menu label={t("role.give")} entries={givable.map((role) => ({ id: role.id, label: role.name, act: () => change(role, true) }))}>
              <AriaButton className="chip add" aria-label={t("role.give")}><Icon name="plus" small /></AriaButton>
            </Menu>
          </li>
        )}
      </ul>
      <Problem error={error} />
    </section>
  );
}
