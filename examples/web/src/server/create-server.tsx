import { useState } from "react";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Dialog } from "../ui/dialog";
import { Choices, Field } from "../ui/field";

export function CreateServer({ onClose }: { onClose: () => void }) {
  const { servers } = useChat().client;
  const [name, setName] = useState("");
  const [template, setTemplate] = useState<"community" | "empty">("community");
  const [visibility, setVisibility] = useState<"private" | "public">("private");
  const { run, busy, error } = useAction();
  return (
    <Dialog title={t("create.title")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(async () => navigate(paths.server((await servers.create({ name: name.trim(), template, visibility })).id)), onClose);
        }}
      >
        <Field label={t("server.name")} data-focus required maxLength={100} value={name} problem={fieldProblem(error, "name")} onChange={(event) => setName(event.target.value)} />
        <Choices legend={t("create.template")} name="template" value={template} onChange={setTemplate} options={[
          { value: "community", label: t("create.community"), about: t("create.community.about") },
          { value: "empty", label: t("create.empty"), about: t("create.empty.about") },
        ]} />
        <Choices legend={t("server.visibility")} name="visibility" value={visibility} onChange={setVisibility} options={[
          { value: "private", label: t("server.private"), about: t("server.private.about") },
          { value: "public", label: t("server.public"), about: t("server.public.about") },
        ]} />
        <Problem error={error} />
        <footer>
          <button type="button" className="button" onClick={onClose}>{t("cancel")}</button>
          <button type="submit" className="button primary" disabled={busy || name.trim() === ""}>{t("create.submit")}</button>
        </footer>
      </form>
    </Dialog>
  );
}
