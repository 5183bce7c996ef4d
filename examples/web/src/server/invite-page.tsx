import { useEffect, useState, type ReactNode } from "react";
import { counted, t } from "../i18n";
import { navigate, paths } from "../router";
import { BeepError, type InvitationPreview } from "../sdk";
import { useChat } from "../store/hooks";
import { isTrouble } from "../store/remotes";
import { Problem, explain, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { DomainBadge } from "../ui/domain-badge";
import { Link } from "../ui/link";

/** Where an invitation leads. To somebody who is not signed in, with the way in below: `children`. */
export function InvitePage({ code, menu, children }: { code: string; menu?: ReactNode; children?: ReactNode }) {
  const { invitations } = useChat().client;
  const [preview, setPreview] = useState<InvitationPreview | BeepError | null>(null);
  const [tries, setTries] = useState(0);
  const { run, busy, error } = useAction();
  useEffect(() => {
    const stop = new AbortController();
    setPreview(null);
    invitations.preview({ code }, { signal: stop.signal }).then(setPreview, (cause: unknown) => {
      if (stop.signal.aborted) return;
      if (!(cause instanceof BeepError)) throw cause;
      setPreview(cause);
    });
    return () => stop.abort();
  }, [code, invitations, tries]);

  const accept = async () => {
    try {
      navigate(paths.server((await invitations.accept({ code })).server_id));
    } catch (cause) {
      // Only members hear of a code that is spent, whoever it was that used it up.
      const member = cause instanceof BeepError && MEMBERS_HEAR.includes(cause.code);
      if (!member || !preview || preview instanceof BeepError) throw cause;
      navigate(paths.server(preview.server.id));
    }
  };
  // What another backend owns is asked for only for who is signed in.
  const later = preview instanceof BeepError && preview.code === "unauthenticated";
  const Place = children ? "aside" : "div";
  return (
    <div className={children ? "invited" : "page"}>
      {menu && <header className="bar">{menu}</header>}
      <Place className="invite" aria-label={t("invite.label")}>
        {preview === null && <p role="status">{t("start.starting")}</p>}
        {later && <p>{t("invite.login")}</p>}
        {preview instanceof BeepError && !later && (
          <>
            <h1>{t(isTrouble(preview) ? "invite.trouble" : "invite.gone")}</h1>
            <p>{preview.code === "not_found" ? t("invite.gone.text") : explain(preview)}</p>
            {isTrouble(preview) && <button type="button" className="button primary" onClick={() => setTries(tries + 1)}>{t("retry")}</button>}
            {!children && <Link className="button" href={paths.home}>{t("nowhere.home")}</Link>}
          </>
        )}
        {preview && !(preview instanceof BeepError) && (
          <>
            <Avatar id={preview.server.id} name={preview.server.name} />
            <h1>{t("invite.title", { server: preview.server.name })}</h1>
            <DomainBadge id={preview.server.id} />
            {preview.server.description && <p>{preview.server.description}</p>}
            <p className="quiet">{counted("members.count", preview.server.member_count)}</p>
            {children ? <p>{t("invite.login")}</p> : <button type="button" className="button primary" disabled={busy} onClick={() => run(accept)}>{t("join")}</button>}
            <Problem error={error} />
          </>
        )}
      </Place>
      {children}
    </div>
  );
}

const MEMBERS_HEAR: string[] = ["already_member", "invitation_expired", "invitation_exhausted"];
