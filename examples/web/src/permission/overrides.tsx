import { useEffect, useState } from "react";
import { t } from "../i18n";
import { type Channel, type KnownServer, type Permission } from "../sdk";
import { useChannels, useChat, usePermissionsIn, useRoster } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Select } from "../ui/field";
import { beyond, mayActOnMember, mayActOnRole } from "./rank";

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
  /** What was chosen, shown until the channel says so itself. */
  const [wish, setWish] = useState<{ permission: Permission; state: State } | null>(null);
  const { run, busy, error } = useAction();
  useEffect(() => setWish(null), [channel.version, target, error]);
  const current = channel.overrides[target] ?? { allow: [], deny: [] };
  const member = members.find(({ user }) => `member:${user}` === target);
  const role = known.roles.find(({ id }) => `role:${id}` === target);
  const outranked = member ? !mayActOnMember(known, member) : role ? !mayActOnRole(known, role.id) : false;

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
    run(async () => {
      if (member) await channels.putMemberOverride({ ...where, user: member.user });
      else if (role) await channels.putRoleOverride({ ...where, role: role.id });
    });
  };

  return (
    <section className="overrides" aria-labelledby="overrides-title">
      <h3 id="overrides-title">{t("overrides.title")}</h3>
      <p className="hint">{t("overrides.about")}</p>
      <Select label={t("overrides.for")} value={target} onChange={(event) => setTarget(event.target.value)}>
        <optgroup label={t("roles.title")}>
          {known.roles.map((role) => (
            <option key={role.id} value={`role:${role.id}`}>{role.name}{channel.overrides[`role:${role.id}`] ? " •" : ""}</option>
          ))}
        </optgroup>
        <optgroup label={t("members.title")}>
          {members.map(({ user, profile, nickname }) => (
            <option key={user} value={`member:${user}`}>{nickname ?? profile?.display_name ?? profile?.username ?? user}{channel.overrides[`member:${user}`] ? " •" : ""}</option>
          ))}
        </optgroup>
      </Select>
      {outranked && <p className="notice">{t("rank.above")}</p>}
      <Problem error={error} />
      <ul className="override-list">
        {IN_CHANNEL.map((permission) => {
          // Allowing, and no longer denying, hands out; so it takes the permission.
          const lacks = beyond(held, [], [permission]).length > 0;
          const state = stateOf(permission);
          const name = t(`permission.${permission}`);
          return (
            <li key={permission}>
              <fieldset disabled={outranked}>
                <legend>{name}</legend>
                <div className="three">
                  {STATES.map((option) => {
                    const barred = lacks && (option === "allow" || state === "deny") && option !== state;
                    return (
                      <label key={option} data-state={option} title={barred ? t("permission.lacking") : undefined}>
                        <input type="radio" name={`${channel.id}-${target}-${permission}`} checked={state === option} disabled={barred} onChange={() => change(permission, option)} />
                        <span>{t(`override.${option}`)}</span>
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

/** What means something inside of one channel. */
const IN_CHANNEL: readonly Permission[] = ["view_channels", "send_messages", "attach_files", "manage_messages", "manage_channels", "manage_webhooks"];
