import { useEffect, useState } from "react";
import { counted, t } from "../i18n";
import { beyond, mayActOnMember, mayActOnRole } from "../permission/rank";
import type { KnownServer, Member } from "../sdk";
import { useChat, useElsewhere, useHandle, useName, usePermissions, useRoster } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Dialog } from "../ui/dialog";
import { RoleDot } from "./role-dot";

/** The members of the open server with their roles. */
export function Members({ known }: { known: KnownServer }) {
  const chat = useChat();
  const { members, status, next } = useRoster(known.server.id);
  const [open, setOpen] = useState<string | null>(null);
  const member = members.find(({ user }) => user === open);
  return (
    <aside className="members" aria-label={t("members.title")}>
      <h2>{counted("members.count", known.server.member_count)}</h2>
      <ul>
        {members.map((member) => <Row key={member.user} known={known} member={member} onOpen={() => setOpen(member.user)} />)}
      </ul>
      {(next !== null || status === "failed") && (
        <button type="button" className="button" onClick={() => void chat.people.more(known.server.id)}>{t(status === "failed" ? "retry" : "more")}</button>
      )}
      {member && <MemberDialog known={known} member={member} onClose={() => setOpen(null)} />}
    </aside>
  );
}

function Row({ known, member, onOpen }: { known: KnownServer; member: Member; onOpen: () => void }) {
  const name = useName(known.server.id, member.user);
  const top = known.roles.find((role) => member.roles.includes(role.id));
  const owner = member.user === known.server.owner;
  const elsewhere = useElsewhere(member.user);
  const handle = useHandle(member.user);
  return (
    <li>
      <button type="button" onClick={onOpen}>
        <Avatar id={member.user} name={name} />
        <span>
          <strong>{name}</strong>
          {elsewhere && <small className="handle">{handle ?? elsewhere}</small>}
          {(owner || top) && <small>{top && <RoleDot color={top.color} />}{[owner && t("owner"), top?.name].filter(Boolean).join(" · ")}</small>}
        </span>
      </button>
    </li>
  );
}

/** One member: who they are, and the roles that they have and the caller may give. */
function MemberDialog({ known, member, onClose }: { known: KnownServer; member: Member; onClose: () => void }) {
  const { members } = useChat().client;
  const held = usePermissions(known);
  const name = useName(known.server.id, member.user);
  const handle = useHandle(member.user);
  /** What was chosen, shown until the member's roles change. */
  const [wish, setWish] = useState<{ role: string; has: boolean } | null>(null);
  const { run, busy, error } = useAction();
  useEffect(() => setWish(null), [member.roles, error]);
  const manages = held.includes("manage_roles") || held.includes("manage_members");
  const outranked = !mayActOnMember(known, member) && member.user !== known.member.user;
  const why = !manages ? t("needs", { permission: t("permission.manage_roles") }) : outranked ? t("rank.above.member") : null;
  const roles = known.roles.filter((role) => !role.everyone);
  const toggle = (role: string, has: boolean) => {
    if (busy) return;
    setWish({ role, has: !has });
    run(() => members[has ? "removeRole" : "assignRole"]({ server: known.server.id, user: member.user, role }));
  };
  return (
    <Dialog title={name} onClose={onClose}>
      <p className="quiet">
        {handle && `@${handle}`}{member.user === known.server.owner && ` · ${t("owner")}`}
      </p>
      <Elsewhere user={member.user} />
      {member.profile?.bio && <p>{member.profile.bio}</p>}
      <fieldset className="permissions" aria-busy={busy}>
        <legend>{t("roles.title")}</legend>
        {roles.length === 0 && <p className="hint">{t("roles.none")}</p>}
        {roles.map((role) => {
          const has = wish?.role === role.id ? wish.has : member.roles.includes(role.id);
          const barred = why !== null ? why : !mayActOnRole(known, role.id) ? t("rank.above") : !has && beyond(held, [], role.permissions).length > 0 ? t("permission.lacking") : null;
          return (
            <label key={role.id} className="choice">
              <input type="checkbox" checked={has} disabled={barred !== null} onChange={() => toggle(role.id, has)} />
              <span><strong><RoleDot color={role.color} /> {role.name}</strong>{barred && why === null && <small>{barred}</small>}</span>
            </label>
          );
        })}
      </fieldset>
      {why && roles.length > 0 && <p className="hint">{why}</p>}
      <Problem error={error} />
    </Dialog>
  );
}

function Elsewhere({ user }: { user: string }) {
  const domain = useElsewhere(user);
  return domain && <p className="hint">{t("member.elsewhere", { domain })}</p>;
}
