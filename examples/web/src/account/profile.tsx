import type { CSSProperties } from "react";
import { t } from "../i18n";
import type { SelfUser } from "../sdk";
import { useChat } from "../store/hooks";
import { fieldProblem, useAction } from "../ui/action";
import { Avatar, hueOf } from "../ui/avatar";
import { useDraft } from "../ui/draft";
import { Area, Field } from "../ui/field";
import { Name } from "../ui/name";
import { SettingsForm } from "../ui/save-bar";
import { toast } from "../ui/toast";

/** How others see one: name and a few words, with what it will look like. */
export function Profile({ me }: { me: SelfUser }) {
  const chat = useChat();
  const draft = useDraft({ display_name: me.display_name ?? "", bio: me.bio ?? "" });
  const { run, busy, error, setError } = useAction();
  const { display_name: name, bio } = draft.value;
  const shown = name.trim() || me.username;
  return (
    <>
      <article className="profile-card still" aria-label={t("profile.preview")}>
        <div className="profile-banner" style={{ "--hue": hueOf(me.id) * 22.5 } as CSSProperties} />
        <Avatar id={me.id} name={shown} size="huge" />
        <h2><Name>{shown}</Name></h2>
        <p className="quiet"><Name>{`@${me.username}`}</Name></p>
        {bio && <p className="bio" dir="auto">{bio}</p>}
      </article>
      <SettingsForm
        dirty={draft.dirty}
        busy={busy}
        error={error}
        shown={["display_name", "bio"]}
        onSave={() => run(async () => chat.rename(await chat.client.self.update({ display_name: name.trim() || null, bio: bio.trim() || null })), () => { draft.reset(); toast(t("saved")); })}
        onReset={() => { draft.reset(); setError(null); }}
      >
        <Field label={t("profile.name")} maxLength={64} value={name} placeholder={me.username} problem={fieldProblem(error, "display_name")} onChange={(event) => draft.change({ display_name: event.target.value })} />
        <Area label={t("profile.bio")} rows={3} value={bio} problem={fieldProblem(error, "bio")} onChange={(event) => draft.change({ bio: event.target.value })} />
        <dl className="facts"><dt>{t("register.username")}</dt><dd><Name>{`@${me.username}`}</Name></dd><dt>{t("register.email")}</dt><dd><Name>{me.email}</Name></dd></dl>
      </SettingsForm>
    </>
  );
}
