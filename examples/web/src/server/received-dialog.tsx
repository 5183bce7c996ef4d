import { useEffect, useRef } from "react";
import { momentOf, t } from "../i18n";
import { navigate, paths } from "../router";
import { type BeepError, homeOf, type Invitation } from "../sdk";
import { useChat, useElsewhere, useHandle, useName } from "../store/hooks";
import { keyOf } from "../store/received";
import { explain, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { DomainBadge } from "../ui/domain-badge";
import { EmptyState } from "../ui/empty-state";
import { Name } from "../ui/name";

/** The invitations that wait for an answer. */
export function ReceivedDialog({ received, onClose }: { received: readonly Invitation[]; onClose: () => void }) {
  const list = useRef<HTMLDivElement>(null);
  // What had the focus may be gone with its invitation.
  useEffect(() => {
    if (document.activeElement === document.body) list.current?.focus();
  }, [received]);
  return (
    <Dialog title={t("received.title")} onClose={onClose}>
      <div ref={list} tabIndex={-1} className="received">
        {received.length === 0 && <EmptyState icon="inbox" level={3} title={t("received.none")}><p>{t("received.none.text")}</p></EmptyState>}
        <ul>
          {received.map((invitation) => <Row key={keyOf(invitation)} invitation={invitation} onAccepted={onClose} />)}
        </ul>
      </div>
    </Dialog>
  );
}

function Row({ invitation, onAccepted }: { invitation: Invitation; onAccepted: () => void }) {
  const { received } = useChat();
  const { server, inviter, expires_at } = invitation;
  const { run, busy, error } = useAction();
  const accept = async () => navigate(paths.server(await received.accept(invitation)));
  return (
    <li>
      <Avatar id={server.id} name={server.name} server />
      <div>
        <h3><Name>{server.name}</Name> <DomainBadge id={server.id} /></h3>
        {server.description && <p dir="auto">{server.description}</p>}
        <small>{t("members.count", { count: server.member_count })} · <Inviter server={server.id} user={inviter} /></small>
        {expires_at !== null && <small>{t("invitation.until", { time: momentOf(expires_at) })}</small>}
      </div>
      <div role="alert" className="problem-place">{error && <p className="problem">{explainAnswer(error, server.id)}</p>}</div>
      <footer>
        <Button busy={busy} aria-label={t("received.decline.server", { server: server.name })} onClick={() => run(() => received.decline(invitation))}>{t("received.decline")}</Button>
        <Button look="primary" busy={busy} aria-label={t("received.accept.server", { server: server.name })} onClick={() => run(accept, onAccepted)}>{t("received.accept")}</Button>
      </footer>
    </li>
  );
}

function Inviter({ server, user }: { server: string; user: string }) {
  const name = useName(server, user);
  const elsewhere = useElsewhere(user);
  const handle = useHandle(user);
  return t("received.by", { name: elsewhere === null ? name : `${name} (${handle ?? elsewhere})` });
}

function explainAnswer(error: BeepError, server: string): string {
  return error.code === "not_found" ? t("received.gone") : explain(error, homeOf(server));
}
