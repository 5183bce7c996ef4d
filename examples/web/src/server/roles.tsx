import { useEffect, useMemo, useRef, useState } from "react";
import { t } from "../i18n";
import { moved } from "../permission/order";
import { PermissionList } from "../permission/permission-list";
import { mayActOnRole } from "../permission/rank";
import { holder, inChannelAs } from "../permission/view-as";
import { Why } from "../permission/why";
import type { KnownServer, Permission, Role } from "../sdk";
import { useChannels, useChat, usePermissions, useRoster } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { useDraft } from "../ui/draft";
import { Field, Switch } from "../ui/field";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { OrderList } from "../ui/order-list";
import { useReason } from "../ui/reason";
import { SettingsForm } from "../ui/save-bar";
import { toast } from "../ui/toast";
import { RoleDot, TintedName, hexOf } from "./role-dot";

/** The roles of a server, highest first, to be put into order; the chosen one can be changed where rank allows. */
export function Roles({ known }: { known: KnownServer }) {
  const { roles } = useChat().client;
  const held = usePermissions(known);
  const { members, next } = useRoster(known.server.id);
  // One by its id from the start: a new role may stand before it.
  const [open, setOpen] = useState<string | null>(known.roles[0]?.id ?? null);
  const [fresh, setFresh] = useState<string | null>(null);
  const [dirty, setDirty] = useState(false);
  const { run, busy, error } = useAction();
  const may = held.includes("manage_roles");
  const role = known.roles.find(({ id }) => id === open) ?? known.roles[0];
  const movable = (one: Role) => may && !one.everyone && mayActOnRole(known, one.id);
  const create = async () => {
    const made = await roles.create({ server: known.server.id, name: t("role.new"), permissions: [] });
    setFresh(made.id);
    setOpen(made.id);
  };
  const move = (role: string, before: string | null) => {
    const ids = (all: readonly Role[]) => all.filter((one) => !one.everyone).map(({ id }) => id);
    return roles.order({ server: known.server.id, roles: moved(ids(known.roles), role, before) });
  };
  const countOf = (one: Role) => (one.everyone ? known.server.member_count : members.filter((member) => member.roles.includes(one.id)).length);
  return (
    <div className="split">
      <div>
        <p className="hint">{may ? t("roles.hint") : <>{t("needs", { permission: t("permission.manage_roles") })} <Why known={known} permission="manage_roles" /></>}</p>
        <OrderList label={t("roles.title")} items={known.roles} nameOf={({ name }) => name} movable={movable} chosen={role?.id ?? null} onChoose={(id) => !dirty && setOpen(id)} onMove={(moved, before) => run(() => move(moved, before))}>
          {(one) => (
            <>
              <RoleDot color={one.color} />
              <Name className="line">{one.name}</Name>
              <small className="quiet count"><Icon name="person" small />{countOf(one)}{next !== null && !one.everyone && "+"}<span className="hidden"> {t("members.title")}</span></small>
            </>
          )}
        </OrderList>
        <Button icon="plus" disabled={!may} busy={busy} onClick={() => !dirty && run(create)}>{t("role.create")}</Button>
        <Problem error={error} />
      </div>
      {role && <RoleForm key={role.id} known={known} role={role} held={held} focused={fresh === role.id} onDirty={setDirty} />}
    </div>
  );
}

const COLOURS = [0x1abc9c, 0x2f8f4e, 0x3498db, 0x5865f2, 0x9b59b6, 0xe91e63, 0xe74c3c, 0xe67e22, 0xf1c40f, 0x95a5a6, 0x607d8b];

function RoleForm({ known, role, held, focused, onDirty }: { known: KnownServer; role: Role; held: readonly Permission[]; focused: boolean; onDirty: (dirty: boolean) => void }) {
  const { roles } = useChat().client;
  const { name, color, permissions, hoist, mentionable } = role;
  const draft = useDraft<{ name: string; color: number | null; permissions: readonly Permission[]; hoist: boolean; mentionable: boolean }>({ name, color, permissions, hoist, mentionable });
  const [asking, setAsking] = useState<"delete" | "preview" | null>(null);
  const { run, busy, error, setError } = useAction();
  const may = held.includes("manage_roles");
  const outranked = may && !mayActOnRole(known, role.id);
  const where = { server: known.server.id, role: role.id };
  const { value, change } = draft;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => onDirty(draft.dirty), [draft.dirty, onDirty]);
  // The event of a new role may come before the answer that says that it is one's own.
  useEffect(() => {
    if (!focused) return;
    field.current?.focus();
    field.current?.select();
  }, [focused]);
  const save = async (given: { reason?: string }) => {
    const { name, permissions, ...others } = draft.changes;
    await roles.update({ ...where, version: role.version, ...given, ...others, ...(name !== undefined && { name: name.trim() }), ...(permissions && { permissions: [...permissions] }) });
  };
  return (
    <SettingsForm
      label={role.name}
      dirty={draft.dirty}
      busy={busy}
      error={error}
      shown={["name"]}
      disabled={!may || outranked}
      invalid={value.name.trim() === ""}
      audited
      onSave={(given) => run(() => save(given), () => { draft.reset(); toast(t("saved")); })}
      onReset={() => { draft.reset(); setError(null); }}
    >
      {outranked && <p className="notice">{t("rank.above")}</p>}
      <Field ref={field} label={t("role.name")} required maxLength={100} disabled={role.everyone} value={value.name} problem={fieldProblem(error, "name")} onChange={(event) => change({ name: event.target.value })} />
      {!role.everyone && (
        <fieldset className="colours">
          <legend>{t("role.color")}</legend>
          <label className="swatch none"><input type="radio" name="color" checked={value.color === null} onChange={() => change({ color: null })} /><span className="hidden">{t("role.color.none")}</span><Icon name="close" small /></label>
          {COLOURS.map((one) => (
            <label key={one} className="swatch" style={{ backgroundColor: hexOf(one) }}>
              <input type="radio" name="color" checked={value.color === one} onChange={() => change({ color: one })} />
              <span className="hidden">{hexOf(one)}</span>
              {value.color === one && <Icon name="check" small />}
            </label>
          ))}
          <label className="swatch own"><span className="hidden">{t("role.color.own")}</span><Icon name="palette" small /><input type="color" value={hexOf(value.color ?? 0x8888a0)} onChange={(event) => change({ color: Number.parseInt(event.target.value.slice(1), 16) })} /></label>
          <p className="swatch-preview"><TintedName color={value.color}>{value.name || role.name}</TintedName></p>
        </fieldset>
      )}
      {!role.everyone && (
        <div>
          <Switch label={t("role.hoist")} about={t("role.hoist.about")} checked={value.hoist} disabled={!may || outranked} onChange={(hoist) => change({ hoist })} />
          <Switch label={t("role.mentionable")} about={t("role.mentionable.about")} checked={value.mentionable} disabled={!may || outranked} onChange={(mentionable) => change({ mentionable })} />
        </div>
      )}
      <PermissionList granted={value.permissions} held={held} everyone={role.everyone} disabled={!may || outranked} why={(permission) => <Why known={known} permission={permission} />} onChange={(permissions) => change({ permissions })} />
      <div className="row end">
        <Button icon="unseen" onClick={() => setAsking("preview")}>{t("role.preview")}</Button>
        {!role.everyone && <Button look="danger" icon="trash" onClick={() => setAsking("delete")}>{t("role.delete")}</Button>}
      </div>
      {asking === "delete" && <DeleteRole role={role} onClose={() => setAsking(null)} />}
      {asking === "preview" && <Preview known={known} role={role} onClose={() => setAsking(null)} />}
    </SettingsForm>
  );
}

function DeleteRole({ role, onClose }: { role: Role; onClose: () => void }) {
  const { roles } = useChat().client;
  const { field, given } = useReason();
  return (
    <Confirm title={t("role.delete")} text={t("role.delete.text", { role: role.name })} action={t("role.delete")} onConfirm={() => roles.delete({ server: role.server_id, role: role.id, ...given })} onClose={onClose}>
      {field}
    </Confirm>
  );
}

/** The channels as somebody sees them who has this role and no other. */
function Preview({ known, role, onClose }: { known: KnownServer; role: Role; onClose: () => void }) {
  const channels = useChannels(known.server.id);
  const seen = useMemo(() => channels.map((channel) => ({ channel, may: inChannelAs(known, channel, holder(role.everyone ? null : role.id)) })), [channels, known, role]);
  return (
    <Dialog title={t("role.preview.of", { role: role.name })} onClose={onClose}>
      <p className="hint">{t("role.preview.about")}</p>
      <ul className="preview">
        {seen.map(({ channel, may }) => {
          const what = !may.includes("view_channels") ? "role.preview.hidden" : may.includes("send_messages") ? "role.preview.writes" : "role.preview.reads";
          return <li key={channel.id} data-hidden={what === "role.preview.hidden" || undefined}><Icon name={what === "role.preview.hidden" ? "lock" : "hash"} small /><Name className="line">{channel.name ?? ""}</Name><small>{t(what)}</small></li>;
        })}
      </ul>
    </Dialog>
  );
}
