import { useState } from "react";
import { t } from "../i18n";
import { Why } from "../permission/why";
import { navigate, paths } from "../router";
import type { KnownServer } from "../sdk";
import { leaving } from "../shell/departures";
import { useChat, useChatView, usePermissions } from "../store/hooks";
import { fieldProblem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { useDraft } from "../ui/draft";
import { Area, Choices, Field } from "../ui/field";
import { SettingsForm } from "../ui/save-bar";
import { toast } from "../ui/toast";
import { HandOverDialog } from "./hand-over";

/** Name, description and visibility of a server; leaving and deleting it. */
export function Overview({ known: { server, member }, known }: { known: KnownServer }) {
  const { servers } = useChat().client;
  const { me } = useChatView();
  const held = usePermissions(known);
  const { name, description, visibility } = server;
  const draft = useDraft({ name, description, visibility });
  const [asking, setAsking] = useState<"leave" | "delete" | "hand" | null>(null);
  const { run, busy, error, setError } = useAction();
  const may = held.includes("manage_server");
  const owns = server.owner === member.user;
  const mayOpen = visibility === "public" || held.includes("manage_invitations");
  const save = async (given: { reason?: string }) => {
    const { name = server.name, description = server.description } = draft.changes;
    await servers.update({ server: server.id, version: server.version, ...given, ...draft.changes, name: name.trim(), description: description.trim() });
  };
  return (
    <>
      {!may && <p className="notice">{t("needs", { permission: t("permission.manage_server") })} <Why known={known} permission="manage_server" /></p>}
      <SettingsForm
        dirty={draft.dirty}
        busy={busy}
        error={error}
        shown={["name", "description"]}
        disabled={!may}
        invalid={draft.value.name.trim() === ""}
        audited
        onSave={(given) => run(() => save(given), () => { draft.reset(); toast(t("saved")); })}
        onReset={() => { draft.reset(); setError(null); }}
      >
        <div className="with-avatar">
          <Avatar id={server.id} name={draft.value.name} server size="huge" />
          <Field label={t("server.name")} required maxLength={100} value={draft.value.name} problem={fieldProblem(error, "name")} onChange={(event) => draft.change({ name: event.target.value })} />
        </div>
        <Area label={t("server.description")} rows={3} value={draft.value.description} problem={fieldProblem(error, "description")} onChange={(event) => draft.change({ description: event.target.value })} />
        <Choices legend={t("server.visibility")} name="visibility" value={draft.value.visibility} onChange={(visibility) => draft.change({ visibility })} options={[
          { value: "private", label: t("server.private"), about: t("server.private.about") },
          { value: "public", label: t("server.public"), disabled: !mayOpen, about: mayOpen ? t("server.public.about", { domain: me?.domain ?? "" }) : t("needs", { permission: t("permission.manage_invitations") }) },
        ]} />
        {may && !mayOpen && <div><Why known={known} permission="manage_invitations" /></div>}
      </SettingsForm>
      <section className="danger-zone" aria-labelledby="leaving">
        <h2 id="leaving">{t("server.leaving")}</h2>
        {owns ? <><p className="hint">{t("server.leave.owner")}</p><Button icon="crown" onClick={() => setAsking("hand")}>{t("hand.title")}</Button></> : <Button icon="leave" onClick={() => setAsking("leave")}>{t("server.leave")}</Button>}
        {held.includes("administrator") && <Button icon="trash" look="danger" onClick={() => setAsking("delete")}>{t("server.delete")}</Button>}
      </section>
      {asking === "hand" && <HandOverDialog known={known} onClose={() => setAsking(null)} />}
      {(asking === "leave" || asking === "delete") && (
        <Confirm
          title={t(asking === "leave" ? "server.leave" : "server.delete")}
          text={t(asking === "leave" ? "server.leave.text" : "server.delete.text", { server: server.name })}
          action={t(asking === "leave" ? "server.leave" : "server.delete")}
          {...(asking === "delete" && { name: server.name })}
          onConfirm={async () => {
            leaving(server.id);
            await servers[asking]({ server: server.id });
            navigate(paths.home);
          }}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}
