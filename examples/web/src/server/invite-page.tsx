import { useEffect, useState, type ReactNode } from "react";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import { BeepError, type InvitationPreview } from "../sdk";
import { useChat } from "../store/hooks";
import { isTrouble } from "../store/failure";
import { Problem, explain, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { DomainBadge } from "../ui/domain-badge";
import { EmptyState } from "../ui/empty-state";
import { Link } from "../ui/link";
import { Skeleton } from "../ui/skeleton";
import { useTitle } from "../title";
import { domainIn } from "./code";

/** Where an invitation leads. To somebody who is not signed in, beside the way in: `children`. */
export function InvitePage({ code, menu, children }: { code: string; menu?: ReactNode; children?: ReactNode }) {
  const { invitations } = useChat().client;
  const [preview, setPreview] = useState<InvitationPreview | BeepError | null>(null);
  const [tries, setTries] = useState(0);
  const { run, busy, error } = useAction();
  const known = preview instanceof BeepError ? null : preview;
  useTitle(known ? t("invite.title", { server: known.server.name }) : t("invite.label"));
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
      if (!member || !known) throw cause;
      navigate(paths.server(known.server.id));
    }
  };
  // What another backend owns is asked for only for who is signed in.
  const later = preview instanceof BeepError && preview.code === "unauthenticated";
  const Place = children ? "aside" : "div";
  const invite = (
    <Place className="invite" aria-label={t("invite.label")}>
      {preview === null && <Skeleton rows={2} />}
      {later && <EmptyState icon="mail" title={t("invite.waiting")} level={2}><p>{t("invite.login")}</p></EmptyState>}
      {preview instanceof BeepError && !later && (
        <EmptyState icon="warning" title={t(isTrouble(preview) ? "invite.trouble" : "invite.gone")}>
          <p>{preview.code === "not_found" ? t("invite.gone.text") : explain(preview, domainIn(code))}</p>
          {isTrouble(preview) && <Button look="primary" onClick={() => setTries(tries + 1)}>{t("retry")}</Button>}
          {!children && <Link className="button" href={paths.home}>{t("nowhere.home")}</Link>}
        </EmptyState>
      )}
      {known && (
        <>
          <Avatar id={known.server.id} name={known.server.name} server size="huge" />
          <h1 tabIndex={-1}>{t("invite.title", { server: known.server.name })}</h1>
          <DomainBadge id={known.server.id} />
          {known.server.description && <p dir="auto">{known.server.description}</p>}
          <p className="quiet">{t("members.count", { count: known.server.member_count })}</p>
          {children ? <p>{t("invite.login")}</p> : <Button look="primary" busy={busy} onClick={() => run(accept)}>{t("join")}</Button>}
          <Problem error={error} domain={domainIn(code)} />
        </>
      )}
    </Place>
  );
  if (children) return <div className="entrance">{invite}{children}</div>;
  return <div className="page"><header className="bar">{menu}</header>{invite}</div>;
}

const MEMBERS_HEAR: string[] = ["already_member", "invitation_expired", "invitation_exhausted"];
