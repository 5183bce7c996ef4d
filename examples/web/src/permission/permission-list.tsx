import { t } from "../i18n";
import { permissions, type Permission } from "../sdk";
import { beyond } from "./rank";

/** The thirteen permissions, each explained; what the caller does not hold cannot be given. */
export function PermissionList({ granted, held, everyone, disabled, onChange }: {
  granted: readonly Permission[];
  held: readonly Permission[];
  everyone: boolean;
  disabled: boolean;
  onChange: (granted: Permission[]) => void;
}) {
  return (
    <fieldset className="permissions" disabled={disabled}>
      <legend>{t("permissions.title")}</legend>
      {permissions.all.map((permission) => {
        const has = granted.includes(permission);
        const reason = has ? null : beyond(held, granted, [...granted, permission]).length > 0 ? t("permission.lacking") : everyone && permission === "administrator" ? t("permission.everyone") : null;
        return (
          <label key={permission} className="choice">
            <input
              type="checkbox"
              checked={has}
              disabled={reason !== null}
              onChange={() => onChange(has ? granted.filter((one) => one !== permission) : [...granted, permission])}
            />
            <span>
              <strong>{t(`permission.${permission}`)}</strong>
              <small>{t(`permission.${permission}.about`)}{reason && <em> {reason}</em>}</small>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
