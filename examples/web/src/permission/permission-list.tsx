import { t } from "../i18n";
import { permissions, type Permission } from "../sdk";
import { Switch } from "../ui/field";
import { COMING, GROUPS } from "./groups";
import { beyond } from "./rank";

/** All permissions by what they are about, each explained; what the caller does not hold cannot be given. */
export function PermissionList({ granted, held, everyone, disabled, onChange }: {
  granted: readonly Permission[];
  held: readonly Permission[];
  everyone: boolean;
  disabled: boolean;
  onChange: (granted: Permission[]) => void;
}) {
  const known = new Set(GROUPS.flatMap(({ permissions }) => permissions));
  const others = permissions.all.filter((permission) => !known.has(permission));
  const groups = others.length === 0 ? GROUPS : [...GROUPS, { title: "permissions.others" as const, permissions: others }];
  return (
    <div className="permissions">
      {groups.map((group) => (
        <fieldset key={group.title} disabled={disabled}>
          <legend>{t(group.title)}</legend>
          {group.permissions.filter((permission) => permissions.all.includes(permission)).map((permission) => {
            const has = granted.includes(permission);
            const reason = has ? null : beyond(held, granted, [...granted, permission]).length > 0 ? t("permission.lacking") : everyone && permission === "administrator" ? t("permission.everyone") : null;
            return (
              <Switch
                key={permission}
                label={<>{t(`permission.${permission}`)}{COMING.has(permission) && <span className="coming">{t("coming")}</span>}</>}
                about={<>{t(`permission.${permission}.about`)}{reason && <em> {reason}</em>}</>}
                checked={has}
                disabled={reason !== null}
                onChange={() => onChange(has ? granted.filter((one) => one !== permission) : [...granted, permission])}
              />
            );
          })}
        </fieldset>
      ))}
    </div>
  );
}
