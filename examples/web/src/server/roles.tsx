import { useState } from "react";
import { t } from "../i18n";
import { PermissionList } from "../permission/permission-list";
import { mayActOnRole } from "../permission/rank";
import type { KnownServer, Permission, Role } from "../sdk";
import { useChat, usePermissions } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Confirm } from "../ui/confirm";
import { Field } from "../ui/field";
import { RoleDot } from "./role-dot";

/** The roles of a server, highest first; the chosen one can be changed where rank allows. */
export function Roles({ known }: { known: KnownServer }) {
  const { roles } = useChat().client;
  const held = usePermissions(known);
  const [open, setOpen] = useState<string | null>(null);
  const { run, busy, error } = useAction();
  const may = held.includes("manage_roles");
  const role = known.roles.find(({ id }) => id === open) ?? known.roles[0];
  const create = async () => setOpen((await roles.create({ server: known.server.id, name: t("role.new"), permissions: [] })).id);
  return (
    <div className="split">
      <div>
        <ul className="pick" aria-label={t("roles.title")}>
          {known.roles.map((one) => (
            <li key={one.id}>
              <button type="button" aria-pressed={one.id === role?.id} onClick={() => setOpen(one.id)}><RoleDot color={one.color} /> {one.name}</button>
            </li>
          ))}
        </ul>
        <button type="button" className="button" disabled={!may || busy} onClick={() => run(create)}>{t("role.create")}</button>
        {!may && <p className="hint">{t("needs", { permission: t("permission.manage_roles") })}</p>}
        <Problem error={error} />
      </div>
      {role && <RoleForm key={`${role.id}-${role.version}`} known={known} role={role} held={held} />}
    </div>
  );
}

function RoleForm({ known, role, held }: { known: KnownServer; role: Role; held: readonly Permission[] }) {
  const { roles } = useChat().client;
  const [name, setName] = useState(role.name);
  const [color, setColor] = useState(role.color);
  const [position, setPosition] = useState(role.position);
  const [granted, setGranted] = useState<Permission[]>([...role.permissions]);
  const [deleting, setDeleting] = useState(false);
  const { run, busy, error } = useAction();
  const may = held.includes("manage_roles");
  const outranked = may && !mayActOnRole(known, role.id);
  const where = { server: known.server.id, role: role.id };
  return (
    <form
      aria-label={role.name}
      onSubmit={(event) => {
        event.preventDefault();
        run(async () => void (await roles.update({ ...where, name: name.trim(), permissions: granted, color, version: role.version, ...(!role.everyone && { position }) })));
      }}
    >
      {outranked && <p className="notice">{t("rank.above")}</p>}
      <fieldset className="bare" disabled={!may || outranked}>
        <Field label={t("role.name")} required maxLength={100} value={name} problem={fieldProblem(error, "name")} onChange={(event) => setName(event.target.value)} />
        {!role.everyone && (
          <div className="row">
            <Field label={t("role.color")} type="color" value={hex(color ?? 0x8888a0)} onChange={(event) => setColor(Number.parseInt(event.target.value.slice(1), 16))} />
            <Field label={t("role.position")} hint={t("role.position.hint")} type="number" min={1} value={position} onChange={(event) => setPosition(event.target.valueAsNumber || 1)} />
          </div>
        )}
        <PermissionList granted={granted} held={held} everyone={role.everyone} disabled={!may || outranked} onChange={setGranted} />
        <Problem error={error} />
        <footer>
          {!role.everyone && <button type="button" className="button danger" onClick={() => setDeleting(true)}>{t("role.delete")}</button>}
          <button type="submit" className="button primary" disabled={busy || name.trim() === ""}>{t("save")}</button>
        </footer>
      </fieldset>
      {deleting && <Confirm title={t("role.delete")} text={t("role.delete.text", { role: role.name })} action={t("role.delete")} onConfirm={() => roles.delete(where)} onClose={() => setDeleting(false)} />}
    </form>
  );
}

const hex = (color: number): string => `#${color.toString(16).padStart(6, "0")}`;
