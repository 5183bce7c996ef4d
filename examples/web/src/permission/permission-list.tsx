import type { ReactNode } from "react";
import { t } from "../i18n";
import type { Permission } from "../sdk";
import { Switch } from "../ui/field";
import { COMING, allGroups } from "./groups";
import { beyond } from "./rank";

/** All permissions by what they are about, each explained; what the caller does not hold cannot be given. */
export function PermissionList({ granted, held, everyone, disabled, why, onChange }: {
  granted: readonly Permission[];
  held: readonly Permission[];
  everyone: boolean;
  disabled: boolean;
  /** Stands beside a permission that the caller lacks. */
  why: (permission: Permission) => ReactNode;
  onChange: (granted: Permission[]) => void;
}) {
  return (
    <div className="permissions">
      {allGroups().map((group) => (
        <fieldset key={group.title} disabled={disabled}>
          <legend>{t(group.title)}</legend>
          {group.permissions.map((permission) => {
            const has = granted.includes(permission);
            const lacks = !has && beyond(held, granted, [...granted, permission]).length > 0;
            const reason = disabled ? null : lacks ? t("permission.lacking") : !has && everyone && permission === "administrator" ? t("permission.everyone") : null;
            return (
              <Switch
                key={permission}
                label={<>{t(`permission.${permission}`)}{COMING.has(permission) && <span className="coming">{t("coming")}</span>}</>}
                about={<>{t(`permission.${permission}.about`)}{reason && <em> {reason}</em>}</>}
                more={reason !== null && lacks && why(permission)}
                checked={has}
                disabled={disabled || reason !== null}
                onChange={() => onChange(has ? granted.filter((one) => one !== permission) : [...granted, permission])}
              />
            );
          })}
        </fieldset>
      ))}
    </div>
  );
}
