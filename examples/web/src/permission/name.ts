import { isKey, t } from "../i18n";

/** What a permission is called; one of a newer backend by its name on the wire. */
export function permissionName(permission: string): string {
  const key = `permission.${permission}`;
  return isKey(key) ? t(key) : permission;
}
