import { useEffect, useId, useRef, useState } from "react";
import { t } from "../i18n";
import { handleOf, homeOf, type BeepError, type Invitation, type KnownServer, type User } from "../sdk";
import { useChat, useChatView, useElsewhere } from "../store/hooks";
import { explain, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { DomainBadge } from "../ui/domain-badge";
import { Field } from "../ui/field";
import { Name } from "../ui/name";
import { domainOf, handleIn } from "./handle";

/** Invites one person: found as one types by how names begin, or by Enter by the whole handle; told at once. */
export function InvitePerson({ known, onInvited }: { known: KnownServer; onInvited: (invitation: Invitation) => void }) {
  const { invitations, users } = useChat().client;
  const elsewhere = useElsewhere(known.server.id);
  const [text, setText] = useState("");
  const [found, setFound] = useState<readonly User[]>([]);
  const [exact, setExact] = useState(0);
  const [invited, setInvited] = useState<string | null>(null);
  const [asked, setAsked] = useState<User | null>(null);
  const looking = useAction();
  const inviting = useAction();
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const heading = useId();
  const handle = handleIn(text);
  // Who looks somebody up by Enter invites them by Enter.
  useEffect(() => {
    if (exact > 0) list.current?.querySelector("button")?.focus();
  }, [exact]);
  useEffect(() => {
    if (handle.length < 2 || handle.includes("@")) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      users.search({ q: handle, limit: 6 }, { signal: stop.signal }).then(({ items }) => setFound(items), () => {
        // Then the whole handle finds them.
      });
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [handle, users]);
  const write = (text: string) => {
    setText(text);
    setFound([]);
    setInvited(null);
    looking.setError(null);
    inviting.setError(null);
  };
  const invite = async (user: User) => {
    setAsked(user);
    onInvited(await invitations.create({ server: known.server.id, user: user.id }));
  };
  const look = async () => {
    setFound([await users.byHandle({ handle })]);
    setExact((count) => count + 1);
  };
  const problem = looking.error ? explainLook(looking.error, handle) : inviting.error && asked ? explainInvite(inviting.error, nameOf(asked), elsewhere ?? homeOf(asked.id)) : null;
  return (
    <section className="invite-person" aria-labelledby={heading}>
      <h3 id={heading}>{t("person.title")}</h3>
      <form className="joined-row" onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); if (handle !== "") looking.run(look, () => {}); }}>
        <Field ref={field} label={t("person.handle")} hint={t("person.handle.hint")} autoCapitalize="none" autoComplete="off" spellCheck={false} readOnly={looking.busy || inviting.busy} value={text} onChange={(event) => write(event.target.value)} />
        <Button type="submit" busy={looking.busy} disabled={handle === ""}>{t("person.find")}</Button>
      </form>
      <div role="alert" className="problem-place">{problem !== null && <p className="problem">{problem}</p>}</div>
      {found.length > 0 && (
        <ul ref={list} className="people" role="group" aria-label={t("person.found")}>
          {found.map((user) => (
            <Found key={user.id} user={user} busy={inviting.busy} onInvite={() => inviting.run(() => invite(user), () => { write(""); setInvited(nameOf(user)); field.current?.focus(); })} />
          ))}
        </ul>
      )}
      <p role="status" className="hint">{invited !== null && t("person.invited", { name: invited })}</p>
    </section>
  );
}

function Found({ user, busy, onInvite }: { user: User; busy: boolean; onInvite: () => void }) {
  const { me } = useChatView();
  const name = nameOf(user);
  return (
    <li className="person">
      <Avatar id={user.id} name={name} />
      <div className="line">
        <strong><Name>{name}</Name></strong> <DomainBadge id={user.id} />
        <small><Name className="line">{`@${handleOf(user, me?.domain ?? user.domain)}`}</Name></small>
      </div>
      <Button busy={busy} aria-label={t("person.invite", { name })} onClick={onInvite}>{t("invite")}</Button>
    </li>
  );
}

const nameOf = (user: User): string => user.display_name ?? user.username;
const PAUSE_MS = 200;

function explainLook(error: BeepError, handle: string): string {
  return error.code === "not_found" ? t("person.none", { handle }) : explain(error, domainOf(handle));
}

function explainInvite(error: BeepError, name: string, domain: string): string {
  switch (error.code) {
    case "already_member":
      return t("person.member", { name });
    case "conflict":
      return t("person.conflict", { name });
    case "not_found":
      return t("person.gone", { name });
    default:
      return explain(error, domain);
  }
}
