import { useCallback, useEffect, useState } from "react";
import { t } from "../i18n";
import { Why } from "../permission/why";
import { BeepError, type Invitation, type KnownServer } from "../sdk";
import { useChat, useHandle, useName, usePermissions, useRoster } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy-button";
import { DomainBadge } from "../ui/domain-badge";
import { EmptyState } from "../ui/empty-state";
import { Select } from "../ui/select";
import { Name } from "../ui/name";
import { InvitePerson } from "./invite-person";
import { endOf, expiry, linkTo } from "./invite-link";

const USES = [0, 1, 5, 10, 25, 100];

/** The invitations to a server: links, and those of one person. */
export function Invitations({ known }: { known: KnownServer }) {
  const chat = useChat();
  const { invitations } = chat.client;
  const server = known.server.id;
  const may = usePermissions(known).includes("manage_invitations");
  const { members } = useRoster(server);
  const [list, setList] = useState<readonly Invitation[]>([]);
  const [days, setDays] = useState(7);
  const [uses, setUses] = useState(0);
  const { run, busy, error } = useAction();
  const load = useCallback(async () => setList((await invitations.list({ server, limit: 100 })).items), [invitations, server]);
  useEffect(() => {
    if (may) run(load);
  }, [may, load, run]);
  useFresh(may, known, load);
  if (!may) return <p className="notice">{t("needs", { permission: t("permission.manage_invitations") })} <Why known={known} permission="manage_invitations" /></p>;

  // Whoever came in has none any more.
  const pending = list.filter(({ user }) => user === null || !members.some((member) => member.user === user));
  const add = (made: Invitation) => setList((list) => [made, ...list.filter(({ user }) => user === null || user !== made.user)]);
  const create = async () => add(await invitations.create({ server, ...expiry(days), ...(uses > 0 && { max_uses: uses }) }));
  const revoke = ({ id }: Invitation) => run(() => invitations.revoke({ server, invitation: id }).catch(unlessGone), () => setList((list) => list.filter((one) => one.id !== id)));
  return (
    <>
      <form className="row" onSubmit={(event) => { event.preventDefault(); run(create); }}>
        <Select label={t("invitation.expires")} value={days} onChange={setDays} options={[...[1, 7, 30].map((count) => ({ value: count, label: t("days", { count }) })), { value: 0, label: t("invitation.never") }]} />
        <Select label={t("invitation.uses")} value={uses} onChange={setUses} options={USES.map((count) => ({ value: count, label: count === 0 ? t("invitation.unlimited") : t("times", { count }) }))} />
        <Button type="submit" look="primary" busy={busy}>{t("invitation.create")}</Button>
      </form>
      <Problem error={error} />
      <InvitePerson known={known} onInvited={add} />
      <ul className="table" aria-label={t("invitations.title")}>
        {pending.map((invitation) => invitation.user !== null ? (
          <PersonRow key={invitation.id} invitation={invitation} user={invitation.user} busy={busy} onRevoke={() => revoke(invitation)} />
        ) : (
          <LinkRow key={invitation.id} invitation={invitation} busy={busy} onRevoke={() => revoke(invitation)} />
        ))}
      </ul>
      {pending.some(({ user }) => user === null) && <p className="hint">{t("invitations.elsewhere")}</p>}
      {pending.length === 0 && !busy && <EmptyState icon="mail" level={2} title={t("invitations.none")}><p>{t("invitations.none.text")}</p></EmptyState>}
    </>
  );
}

/** Reads them again when somebody came in, when an answer may have come, and now and then: of an answer no event tells. */
function useFresh(may: boolean, { server }: KnownServer, load: () => Promise<void>): void {
  const chat = useChat();
  useEffect(() => {
    if (!may) return;
    const again = () => void (document.visibilityState === "visible" && load().catch(() => {}));
    const timer = setInterval(again, FRESH_MS);
    addEventListener("focus", again);
    const free = chat.onEvent((event) => event.type === "member.joined" && event.data.server_id === server.id && again());
    return () => {
      clearInterval(timer);
      removeEventListener("focus", again);
      free();
    };
  }, [chat, may, server.id, load]);
}

const FRESH_MS = 5_000;

/** Whom it was for may have answered it meanwhile. */
function unlessGone(error: unknown): void {
  if (!(error instanceof BeepError && error.code === "not_found")) throw error;
}

function LinkRow({ invitation, busy, onRevoke }: { invitation: Invitation; busy: boolean; onRevoke: () => void }) {
  const by = useName(invitation.server.id, invitation.inviter);
  const uses = invitation.max_uses === null ? t("invitation.used", { count: invitation.uses }) : t("invitation.used.of", { count: invitation.uses, max: invitation.max_uses });
  return (
    <li className="table-row wraps">
      <label className="grow">
        <span className="hidden">{t("invitation.link")}</span>
        <input readOnly dir="ltr" value={linkTo(invitation)} onFocus={(event) => event.target.select()} />
      </label>
      <CopyButton look="plain" text={linkTo(invitation)} />
      <Button look="danger" busy={busy} onClick={onRevoke}>{t("invitation.revoke")}</Button>
      <small className="quiet full">{uses} · {endOf(invitation)} · {t("invitation.by", { name: by })}</small>
    </li>
  );
}

/** A word to one person, who has not answered it yet. */
function PersonRow({ invitation, user, busy, onRevoke }: { invitation: Invitation; user: string; busy: boolean; onRevoke: () => void }) {
  const name = useName(invitation.server.id, user);
  const handle = useHandle(user);
  return (
    <li className="table-row">
      <Avatar id={user} name={name} />
      <div className="line">
        <strong><Name>{name}</Name></strong> <DomainBadge id={user} />
        <small className="quiet">{handle && <Name>{`@${handle}`}</Name>}</small>
        <small className="quiet">{t("person.waits")} · {endOf(invitation)}</small>
      </div>
      <Button look="danger" busy={busy} aria-label={t("person.revoke", { name })} onClick={onRevoke}>{t("invitation.revoke")}</Button>
    </li>
  );
}
