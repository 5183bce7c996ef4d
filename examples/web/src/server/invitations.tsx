import { useEffect, useState } from "react";
import { counted, momentOf, t } from "../i18n";
import { paths } from "../router";
import { BeepError, homeOf, type Invitation, type KnownServer } from "../sdk";
import { useChat, useHandle, useName, usePermissions, useRoster } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { DomainBadge } from "../ui/domain-badge";
import { Field, Select } from "../ui/field";
import { InvitePerson } from "./invite-person";

const DAY_MS = 86_400_000;

export function Invitations({ known }: { known: KnownServer }) {
  const { invitations } = useChat().client;
  const server = known.server.id;
  const may = usePermissions(known).includes("manage_invitations");
  const { members } = useRoster(server);
  const [list, setList] = useState<readonly Invitation[]>([]);
  const [days, setDays] = useState(7);
  const [uses, setUses] = useState("");
  const [copied, setCopied] = useState<string | null>(null);
  const { run, busy, error } = useAction();
  useEffect(() => {
    if (may) run(async () => setList((await invitations.list({ server, limit: 100 })).items));
  }, [may, server, invitations, run]);
  if (!may) return <p className="notice">{t("needs", { permission: t("permission.manage_invitations") })}</p>;

  // Whoever came in has none any more.
  const pending = list.filter(({ user }) => user === null || !members.some((member) => member.user === user));
  const add = (made: Invitation) => setList((list) => [made, ...list.filter(({ user }) => user === null || user !== made.user)]);
  const create = async () => {
    const made = await invitations.create({
      server,
      ...(days > 0 && { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() }),
      ...(uses !== "" && { max_uses: Number(uses) }),
    });
    add(made);
  };
  const copy = async (invitation: Invitation) => {
    await navigator.clipboard?.writeText(linkTo(invitation));
    setCopied(invitation.id);
  };
  const revoke = ({ id }: Invitation) => run(() => invitations.revoke({ server, invitation: id }).catch(unlessGone), () => setList((list) => list.filter((one) => one.id !== id)));
  return (
    <>
      <form className="row" onSubmit={(event) => { event.preventDefault(); run(create); }}>
        <Select label={t("invitation.expires")} value={days} onChange={(event) => setDays(Number(event.target.value))}>
          {[1, 7, 30].map((count) => <option key={count} value={count}>{counted("days", count)}</option>)}
          <option value={0}>{t("invitation.never")}</option>
        </Select>
        <Field label={t("invitation.uses")} type="number" min={1} placeholder="∞" value={uses} onChange={(event) => setUses(event.target.value)} />
        <button type="submit" className="button primary" disabled={busy}>{t("invitation.create")}</button>
      </form>
      <Problem error={error} />
      <InvitePerson known={known} onInvited={add} />
      <ul className="invitations" aria-label={t("invitations.title")}>
        {pending.map((invitation) => invitation.user !== null ? (
          <PersonRow key={invitation.id} invitation={invitation} user={invitation.user} busy={busy} onRevoke={() => revoke(invitation)} />
        ) : (
          <li key={invitation.id}>
            <label>
              <span className="hidden">{t("invitation.link")}</span>
              <input readOnly value={linkTo(invitation)} onFocus={(event) => event.target.select()} />
            </label>
            <small>
              {invitation.max_uses === null ? counted("invitation.used", invitation.uses) : t("invitation.used.of", { count: invitation.uses, max: invitation.max_uses })}
              {" · "}
              {endOf(invitation)}
            </small>
            <button type="button" className="button" onClick={() => void copy(invitation)}>{copied === invitation.id ? t("copied") : t("copy")}</button>
            <button type="button" className="button danger" disabled={busy} onClick={() => revoke(invitation)}>{t("invitation.revoke")}</button>
          </li>
        ))}
      </ul>
      {pending.some(({ user }) => user === null) && <p className="hint">{t("invitations.elsewhere")}</p>}
      {pending.length === 0 && !busy && <p className="hint">{t("invitations.none")}</p>}
    </>
  );
}

/** Whom it was for may have answered it meanwhile. */
function unlessGone(error: unknown): void {
  if (!(error instanceof BeepError && error.code === "not_found")) throw error;
}

/** A word to one person, who has not answered it yet. */
function PersonRow({ invitation, user, busy, onRevoke }: { invitation: Invitation; user: string; busy: boolean; onRevoke: () => void }) {
  const name = useName(invitation.server.id, user);
  const handle = useHandle(user);
  return (
    <li>
      <div className="person">
        <Avatar id={user} name={name} />
        <div>
          <strong>{name}</strong> <DomainBadge id={user} />
          <small>{handle && `@${handle}`}</small>
        </div>
      </div>
      <small>{t("person.waits")} · {endOf(invitation)}</small>
      <button type="button" className="button danger" disabled={busy} aria-label={t("person.revoke", { name })} onClick={onRevoke}>{t("invitation.revoke")}</button>
    </li>
  );
}

const endOf = ({ expires_at }: Invitation): string => (expires_at === null ? t("invitation.never") : t("invitation.until", { time: momentOf(expires_at) }));

/** With the domain in it, a code is good on every backend. */
const codeOf = ({ code, server }: Invitation): string => `${code ?? ""}@${homeOf(server.id)}`;
const linkTo = (invitation: Invitation): string => `${location.origin}${paths.invite(codeOf(invitation))}`;
