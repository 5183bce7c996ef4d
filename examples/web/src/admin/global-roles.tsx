import { useState } from "react";
import { t } from "../i18n";
import { useChat } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Switch } from "../ui/field";
import { useReason } from "../ui/reason";
import { toast } from "../ui/toast";
import { GLOBAL_ROLES, type GlobalRole } from "./powers";

/** Gives the global roles of the backend, and takes them. */
export function RolesDialog({ user, name, held, onChange, onClose }: { user: string; name: string; held: readonly string[]; onChange: () => void; onClose: () => void }) {
  const { admin } = useChat().client;
  const { field, given } = useReason();
  const [wanted, setWanted] = useState<readonly GlobalRole[]>(() => GLOBAL_ROLES.filter((role) => held.includes(role)));
  const { run, busy, error } = useAction();
  const save = async () => {
    try {
      for (const global_role of GLOBAL_ROLES) {
        const has = wanted.includes(global_role);
        if (has !== held.includes(global_role)) await admin[has ? "grantRole" : "revokeRole"]({ user, global_role, ...given });
      }
    } finally {
      // Of several some may have been given.
      onChange();
    }
  };
  return (
    <Dialog title={t("admin.roles.of", { name })} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run(save, () => { onClose(); toast(t("saved")); }); }}>
        <div className="permissions">
          {GLOBAL_ROLES.map((role) => (
            <Switch key={role} label={t(`admin.role.${role}`)} about={t(`admin.role.${role}.about`)} checked={wanted.includes(role)} onChange={(has) => setWanted(has ? [...wanted, role] : wanted.filter((one) => one !== role))} />
          ))}
        </div>
        {field}
        <Problem error={error} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" busy={busy}>{t("save")}</Button>
        </footer>
      </form>
    </Dialog>
  );
}
