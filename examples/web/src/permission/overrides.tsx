import { useState } from "react";
import { t } from "../i18n";
import type { Channel, KnownServer, Member } from "../sdk";
import { useChannel } from "../server/categories";
import { nameOfMember } from "../server/search";
import { usePermissions, usePermissionsIn, useRoster } from "../store/hooks";
import { Problem } from "../ui/action";
import { Button } from "../ui/button";
import { COMING, IN_CHANNEL } from "./groups";
import { PermissionsOf } from "./permissions-of";
import { beyond, mayActOnMember, mayActOnRole } from "./rank";
import { TargetPicker } from "./target-picker";
import { useWishes, type State } from "./use-wishes";
import { inChannelAs, subjectOf } from "./view-as";
import { Why } from "./why";

const STATES: readonly State[] = ["deny", "inherit", "allow"];

/** What a role or a member may do more or less in one channel: three states for each permission. */
export function Overrides({ known, channel: asOpened }: { known: KnownServer; channel: Channel }) {
  const channel = useChannel(asOpened);
  const held = usePermissionsIn(known, channel.id);
  const { members } = useRoster(known.server.id);
  const everyone = known.roles.find((role) => role.everyone);
  const [target, setTarget] = useState(`role:${everyone?.id ?? ""}`);
  const [picked, setPicked] = useState<Member | null>(null);
  const { stateOf, choose, error } = useWishes(channel);
  const user = target.startsWith("member:") ? target.slice("member:".length) : null;
  const member = user === null ? null : (members.find((one) => one.user === user) ?? (picked?.user === user ? picked : null));
  const role = known.roles.find(({ id }) => `role:${id}` === target);
  const [asking, setAsking] = useState(false);
  const explains = usePermissions(known).includes("manage_roles");
  const outranked = member ? !mayActOnMember(known, member) && member.user !== known.member.user : role ? !mayActOnRole(known, role.id) : false;
  /** What they may do here without what this override says. */
  const inherited = inChannelAs(known, channel, subjectOf(known, target, member), target);

  return (
    <section className="overrides" aria-label={t("overrides.title")}>
      <p className="hint">{t("overrides.about")}</p>
      <TargetPicker known={known} channel={channel} target={target} onPick={(target, member) => { setTarget(target); setPicked(member); }}>
        {explains && <Button icon="shield" onClick={() => setAsking(true)}>{member ? t("permissions.of", { name: nameOfMember(member) }) : t("permissions.of.member")}</Button>}
      </TargetPicker>
      {outranked && <p className="notice">{t("rank.above")}</p>}
      <Problem error={error} />
      <ul className="override-list">
        {IN_CHANNEL.map((permission) => {
          // Allowing, and no longer denying, hands out; so it takes the permission.
          const lacks = beyond(held, [], [permission]).length > 0;
          const state = stateOf(target, permission);
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
                      <label key={option} data-state={option}>
                        <input type="radio" name={`${channel.id}-${target}-${permission}`} checked={state === option} disabled={barred} onChange={() => choose(target, permission, option)} />
                        <span>{option === "inherit" ? result : t(`override.${option}`)}</span>
                      </label>
                    );
                  })}
                </div>
              </fieldset>
              {lacks && !outranked && <p className="hint">{t("permission.lacking")} <Why known={known} permission={permission} channel={channel.id} /></p>}
            </li>
          );
        })}
      </ul>
      {asking && <PermissionsOf known={known} user={user} channel={channel.id} onClose={() => setAsking(false)} />}
    </section>
  );
}
