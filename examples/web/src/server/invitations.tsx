import { useEffect, useState } from "react";
import { counted, momentOf, t } from "../i18n";
import { paths } from "../router";
import { homeOf, type Invitation, type KnownServer } from "../sdk";
import { useChat, usePermissions } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Field, Select } from "../ui/field";

const DAY_MS = 86_400_000;

export function Invitations({ known }: { known: KnownServer }) {
  const { invitations } = useChat().client;
  const server = known.server.id;
  const may = usePermissions(known).includes("manage_invitations");
  const [list, setList] = useState<readonly Invitation[]>([]);
  const [days, setDays] = useState(7);
  const [uses, setUses] = useState("");
  const [copied, setCopied] = useState<string | null>(null);
  const { run, busy, error } = useAction();
  useEffect(() => {
    if (may) run(async () => setList((await invitations.list({ server, limit: 100 })).items));
  }, [may, server, invitations, run]);
  if (!may) return <p className="notice">{t("needs", { permission: t("permission.manage_invitations") })}</p>;

  const create = async () => {
    const made = await invitations.create({
      server,
      ...(days > 0 && { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() }),
      ...(uses !== "" && { max_uses: Number(uses) }),
    });
    setList((list) => [made, ...list]);
  };
  const copy = async (invitation: Invitation) => {
    await navigator.clipboard?.writeText(linkTo(invitation));
    setCopied(invitation.id);
  };
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
      <ul className="invitations">
        {list.map((invitation) => (
          <li key={invitation.id}>
            <label>
              <span className="hidden">{t("invitation.link")}</span>
              <input readOnly value={linkTo(invitation)} onFocus={(event) => event.target.select()} />
            </label>
            <small>
              {invitation.max_uses === null ? counted("invitation.used", invitation.uses) : t("invitation.used.of", { count: invitation.uses, max: invitation.max_uses })}
              {" · "}
              {invitation.expires_at === null ? t("invitation.never") : t("invitation.until", { time: momentOf(invitation.expires_at) })}
            </small>
            <button type="button" className="button" onClick={() => void copy(invitation)}>{copied === invitation.id ? t("copied") : t("copy")}</button>
            <button type="button" className="button danger" disabled={busy} onClick={() => run(() => invitations.revoke({ server, invitation: invitation.id }), () => setList(list.filter(({ id }) => id !== invitation.id)))}>
              {t("invitation.revoke")}
            </button>
          </li>
        ))}
      </ul>
      {list.length > 0 && <p className="hint">{t("invitations.elsewhere")}</p>}
      {list.length === 0 && !busy && <p className="hint">{t("invitations.none")}</p>}
    </>
  );
}

/** With the domain in it, a code is good on every backend. */
const codeOf = ({ code, server }: Invitation): string => `${code ?? ""}@${homeOf(server.id)}`;
const linkTo = (invitation: Invitation): string => `${location.origin}${paths.invite(codeOf(invitation))}`;
