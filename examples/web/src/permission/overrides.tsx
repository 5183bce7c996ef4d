import { useEffect, useState } from "react";
import { t } from "../i18n";
import { type Channel, type KnownServer, type Member, type Permission } from "../sdk";
import { useChannels, useChat, usePermissionsIn, useRoster } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { COMING, IN_CHANNEL } from "./groups";
import { beyond, mayActOnMember, mayActOnRole } from "./rank";
import { TargetPicker } from "./target-picker";
import { inChannelAs, subjectOf } from "./view-as";

type State = "inherit" | "allow" | "deny";
const STATES: readonly State[] = ["deny", "inherit", "allow"];

/** What a role or a member may do more or less in one channel: three states for each permission. */
export function Overrides({ known, channel: asOpened }: { known: KnownServer; channel: Channel }) {
  const { channels } = useChat().client;
  const channel = useChannels(known.server.id).find(({ id }) => id === asOpened.id) ?? asOpened;
  const held = usePermissionsIn(known, channel.id);
  const { members } = useRoster(known.server.id);
  const everyone = known.roles.find((role) => role.everyone);
  const [target, setTarget] = useState(`role:${everyone?.id ?? ""}`);
  const [picked, setPicked] = useState<Member | null>(null);
  /** What was chosen, shown until the channel says so itself. */
  const [wish, setWish] = useState<{ permission: Permission; state: State } | null>(null);
  const { run, busy, error } = useAction();
  useEffect(() => setWish(null), [channel.version, target, error]);
  const current = channel.overrides[target] ?? { allow: [], deny: [] };
  const user = target.startsWith("member:") ? target.slice("member:".length) : null;
  const member = user === null ? null : (members.find((one) => one.user === user) ?? (picked?.user === user ? picked : null));
  const role = known.roles.find(({ id }) => `role:${id}` === target);
  const outranked = member ? !mayActOnMember(known, member) && member.user !== known.member.user : role ? !mayActOnRole(known, role.id) : false;
  /** What they may do here without what this override says. */
  const inherited = inChannelAs(known, channel, subjectOf(known, target, member), target);

  const stateOf = (permission: Permission): State =>
    wish?.permission === permission ? wish.state : current.allow.includes(permission) ? "allow" : current.deny.includes(permission) ? "deny" : "inherit";
  const change = (permission: Permission, state: State) => {
    if (busy) return;
    setWish({ permission, state });
    const allow = current.allow.filter((one) => one !== permission);
    const deny = current.deny.filter((one) => one !== permission);
    if (state === "allow") allow.push(permission);
    if (state === "deny") deny.push(permission);
    const where = { channel: channel.id, allow, deny, version: channel.version };
    const nothing = allow.length === 0 && deny.length === 0;
    run(async () => {
      if (user !== null) await (nothing ? channels.deleteMemberOverride({ channel: channel.id, user }) : channels.putMemberOverride({ ...where, user }));
      else if (role) await (nothing ? channels.deleteRoleOverride({ channel: channel.id, role: role.id }) : channels.putRoleOverride({ ...where, role: role.id }));
    });
  };

  return (
    <section className="overrides" aria-label={t("overrides.title")}>
      <p className="hint">{t("overrides.about")}</p>
      <TargetPicker known={known} channel={channel} target={target} onPick={(target, member) => { setTarget(target); setPicked(member); }} />
      {outranked && <p className="notice">{t("rank.above")}</p>}
      <Problem error={error} />
      <ul className="override-list">
        {IN_CHANNEL.map((permission) => {
          // Allowing, and no longer denying, hands out; so it takes the permission.
          const lacks = beyond(held, [], [permission]).length > 0;
          const state = stateOf(permission);
          const name = t(`permission.${permission}`);
          const result = t(inherited.includes(permission) ? "override.inherit.allowed" : "override.inherit.denied");
          return (
            <li key={permission}>
              <fieldset disabled={outranked}>
                <legend>{name}{COMING.has(permission) && <span className="coming">{t("coming")}</span>}</legend>
                <div className="three">
                  {STATES.map((option) => {
                    const barred = lacks && (option === "allow" || state === "deny") && option !== state;
                    return (
                      <label key={option} data-state={option} title={barred ? t("permission.lacking") : undefined}>
                        <input type="radio" name={`${channel.id}-${target}-${permission}`} checked={state === option} disabled={barred} onChange={() => change(permission, option)} />
                        <span>{option === "inherit" ? result : t(`override.${option}`)}</span>
                      </label>
                    );
                  })}
                </div>
              </fieldset>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
