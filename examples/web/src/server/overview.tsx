import { useState } from "react";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import type { KnownServer } from "../sdk";
import { useChat, usePermissions } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Confirm } from "../ui/confirm";
import { Area, Choices, Field } from "../ui/field";

/** Name, description and visibility of a server; leaving and deleting it. */
export function Overview({ known: { server, member }, known }: { known: KnownServer }) {
  const { servers } = useChat().client;
  const held = usePermissions(known);
  const [name, setName] = useState(server.name);
  const [description, setDescription] = useState(server.description);
  const [visibility, setVisibility] = useState(server.visibility);
  const [asking, setAsking] = useState<"leave" | "delete" | null>(null);
  const [saved, setSaved] = useState(false);
  const { run, busy, error } = useAction();
  const may = held.includes("manage_server");
  const owns = server.owner === member.user;
  const mayOpen = server.visibility === "public" || held.includes("manage_invitations");
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setSaved(false);
          run(async () => void (await servers.update({ server: server.id, name: name.trim(), description: description.trim(), visibility, version: server.version })), () => setSaved(true));
        }}
      >
        {!may && <p className="notice">{t("needs", { permission: t("permission.manage_server") })}</p>}
        <fieldset disabled={!may} className="bare">
          <Field label={t("server.name")} required maxLength={100} value={name} problem={fieldProblem(error, "name")} onChange={(event) => setName(event.target.value)} />
          <Area label={t("server.description")} rows={3} value={description} problem={fieldProblem(error, "description")} onChange={(event) => setDescription(event.target.value)} />
          <Choices legend={t("server.visibility")} name="visibility" value={visibility} onChange={setVisibility} options={[
            { value: "private", label: t("server.private"), about: t("server.private.about") },
            { value: "public", label: t("server.public"), disabled: !mayOpen, about: mayOpen ? t("server.public.about") : t("needs", { permission: t("permission.manage_invitations") }) },
          ]} />
          <Problem error={error} />
          {may && <button type="submit" className="button primary" disabled={busy}>{t("save")}</button>}
          <span role="status" className="quiet"> {saved && t("saved")}</span>
        </fieldset>
      </form>
      <section className="danger-zone" aria-labelledby="leaving">
        <h2 id="leaving">{t("server.leaving")}</h2>
        {owns ? <p className="hint">{t("server.leave.owner")}</p> : <button type="button" className="button" onClick={() => setAsking("leave")}>{t("server.leave")}</button>}
        {held.includes("administrator") && <button type="button" className="button danger" onClick={() => setAsking("delete")}>{t("server.delete")}</button>}
      </section>
      {asking && (
        <Confirm
          title={t(asking === "leave" ? "server.leave" : "server.delete")}
          text={t(asking === "leave" ? "server.leave.text" : "server.delete.text", { server: server.name })}
          action={t(asking === "leave" ? "server.leave" : "server.delete")}
          onConfirm={async () => {
            await servers[asking]({ server: server.id });
            navigate(paths.home);
          }}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}
