import { useState } from "react";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import { useChat, useChatView, useServers } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Choices, Field } from "../ui/field";
import { Skeleton } from "../ui/skeleton";
import { InviteLink } from "./invite-link";
import { InvitePerson } from "./invite-person";

const TEMPLATES = ["friends", "community", "study", "empty"] as const;
type Template = (typeof TEMPLATES)[number];

/** Makes a server in two steps: what it is, and who comes. */
export function CreateServer({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<string | null>(null);
  return made === null ? <First onMade={setMade} onClose={onClose} /> : <Second server={made} onClose={onClose} />;
}

function First({ onMade, onClose }: { onMade: (server: string) => void; onClose: () => void }) {
  const { servers, channels } = useChat().client;
  const { me } = useChatView();
  const [name, setName] = useState("");
  const [template, setTemplate] = useState<Template>("friends");
  const [visibility, setVisibility] = useState<"private" | "public">("private");
  const { run, busy, error } = useAction();
  const create = async () => {
    const { id } = await servers.create({ name: name.trim(), template: template === "empty" ? "empty" : "community", visibility });
    const more = template === "friends" ? [t("create.friends.channel")] : template === "study" ? [t("create.study.homework"), t("create.study.resources")] : [];
    // The server is there; a channel that is not is made by hand.
    for (const name of more) await channels.create({ server: id, name }).catch(() => {});
    navigate(paths.server(id));
    onMade(id);
  };
  return (
    <Dialog title={t("create.title")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run(create); }}>
        <div className="with-avatar">
          <Avatar id={name} name={name || "?"} server size="large" />
          <Field label={t("server.name")} data-focus required maxLength={100} placeholder={t("create.example", { name: me?.display_name ?? me?.username ?? "" })} value={name} problem={fieldProblem(error, "name")} onChange={(event) => setName(event.target.value)} />
        </div>
        <Choices legend={t("create.template")} name="template" value={template} onChange={setTemplate} options={TEMPLATES.map((value) => ({ value, label: t(`create.${value}`), about: t(`create.${value}.about`) }))} />
        <Choices legend={t("server.visibility")} name="visibility" value={visibility} onChange={setVisibility} options={[
          { value: "private", label: t("server.private"), about: t("server.private.about") },
          { value: "public", label: t("server.public"), about: t("server.public.about", { domain: me?.domain ?? "" }) },
        ]} />
        <Problem error={error} shown={["name"]} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" busy={busy} disabled={name.trim() === ""}>{t("create.submit")}</Button>
        </footer>
      </form>
    </Dialog>
  );
}

function Second({ server, onClose }: { server: string; onClose: () => void }) {
  const known = useServers().find((one) => one.server.id === server);
  return (
    <Dialog title={t("create.invite")} onClose={onClose}>
      <p className="quiet">{t("create.invite.text")}</p>
      {known ? <><InviteLink known={known} /><InvitePerson known={known} onInvited={() => {}} /></> : <Skeleton rows={2} />}
      <footer><Button look="primary" data-focus onClick={onClose}>{t("create.done")}</Button></footer>
    </Dialog>
  );
}
