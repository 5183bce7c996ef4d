import { useState } from "react";
import { t } from "../i18n";
import type { SelfUser } from "../sdk";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Dialog } from "../ui/dialog";
import { Area, Field } from "../ui/field";
import { Icon } from "../ui/icon";
import { Languages } from "./languages";

/** One's own account: name, a few words, language, and the way out. */
export function Profile({ me, onClose }: { me: SelfUser; onClose: () => void }) {
  const chat = useChat();
  const [name, setName] = useState(me.display_name ?? "");
  const [bio, setBio] = useState(me.bio ?? "");
  const { run, busy, error } = useAction();
  return (
    <Dialog title={t("profile.title")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(async () => chat.rename(await chat.client.self.update({ display_name: name.trim() || null, bio: bio.trim() || null })), onClose);
        }}
      >
        <p className="quiet">@{me.username} · {me.email}</p>
        <Field label={t("profile.name")} maxLength={64} value={name} placeholder={me.username} problem={fieldProblem(error, "display_name")} onChange={(event) => setName(event.target.value)} />
        <Area label={t("profile.bio")} rows={2} value={bio} problem={fieldProblem(error, "bio")} onChange={(event) => setBio(event.target.value)} />
        <Languages />
        <Problem error={error} />
        <footer>
          <button type="button" className="button" onClick={() => run(() => chat.leave())}><Icon name="leave" /> {t("logout")}</button>
          <button type="submit" className="button primary" disabled={busy}>{t("save")}</button>
        </footer>
      </form>
    </Dialog>
  );
}
