import { useEffect, useRef, useState } from "react";
import { t } from "../i18n";
import { handleOf, type BeepError, type Invitation, type KnownServer, type User } from "../sdk";
import { useChat, useChatView } from "../store/hooks";
import { explain, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { DomainBadge } from "../ui/domain-badge";
import { Field } from "../ui/field";
import { handleIn } from "./handle";

/** Invites one person, whoever has the handle: shown first, then told at once. */
export function InvitePerson({ known, onInvited }: { known: KnownServer; onInvited: (invitation: Invitation) => void }) {
  const { invitations, users } = useChat().client;
  const { me } = useChatView();
  const [text, setText] = useState("");
  const [found, setFound] = useState<User | null>(null);
  const [invited, setInvited] = useState<string | null>(null);
  const looking = useAction();
  const inviting = useAction();
  const field = useRef<HTMLInputElement>(null);
  const send = useRef<HTMLButtonElement>(null);
  // Who looks somebody up by Enter invites them by Enter.
  useEffect(() => send.current?.focus(), [found]);
  const handle = handleIn(text);
  const nameOf = (user: User) => user.display_name ?? user.username;
  const write = (text: string) => {
    setText(text);
    setFound(null);
    setInvited(null);
    looking.setError(null);
    inviting.setError(null);
  };
  const invite = async (user: User) => onInvited(await invitations.create({ server: known.server.id, user: user.id }));
  const problem = looking.error ? explainLook(looking.error, handle) : inviting.error && found ? explainInvite(inviting.error, nameOf(found)) : null;
  return (
    <section className="invite-person" aria-labelledby="invite-person">
      <h2 id="invite-person">{t("person.title")}</h2>
      <form className="row" onSubmit={(event) => { event.preventDefault(); if (handle !== "") looking.run(async () => setFound(await users.byHandle({ handle }))); }}>
        <Field ref={field} label={t("person.handle")} hint={t("person.handle.hint")} autoCapitalize="none" autoComplete="off" spellCheck={false} readOnly={looking.busy || inviting.busy} value={text} onChange={(event) => write(event.target.value)} />
        <button type="submit" className="button" disabled={looking.busy || handle === ""}>{t("person.find")}</button>
      </form>
      <div role="alert" className="problem-place">{problem !== null && <p className="problem">{problem}</p>}</div>
      {found && (
        <div className="person" role="group" aria-label={t("person.found")}>
          <Avatar id={found.id} name={nameOf(found)} />
          <div>
            <strong>{nameOf(found)}</strong> <DomainBadge id={found.id} />
            <small>@{handleOf(found, me?.domain ?? found.domain)}</small>
          </div>
          <button ref={send} type="button" className="button primary" disabled={inviting.busy} onClick={() => inviting.run(() => invite(found), () => { write(""); setInvited(nameOf(found)); field.current?.focus(); })}>
            {t("person.invite", { name: nameOf(found) })}
          </button>
        </div>
      )}
      <p role="status" className="hint">{invited !== null && t("person.invited", { name: invited })}</p>
    </section>
  );
}

function explainLook(error: BeepError, handle: string): string {
  return error.code === "not_found" ? t("person.none", { handle }) : explain(error);
}

function explainInvite(error: BeepError, name: string): string {
  switch (error.code) {
    case "already_member":
      return t("person.member", { name });
    case "conflict":
      return t("person.conflict", { name });
    case "not_found":
      return t("person.gone", { name });
    default:
      return explain(error);
  }
}
