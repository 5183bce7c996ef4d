import { useState } from "react";
import { t } from "../i18n";
import { homeOf, type KnownServer, type Member } from "../sdk";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { Name } from "../ui/name";
import { toast } from "../ui/toast";
import { nameOfMember, useMemberSearch } from "./search";

/** Makes another member the owner: somebody of this backend, after one's own password. */
export function HandOverDialog({ known, onClose }: { known: KnownServer; onClose: () => void }) {
  const { servers } = useChat().client;
  const { server, member: self } = known;
  const [query, setQuery] = useState("");
  const [heir, setHeir] = useState<Member | null>(null);
  const [password, setPassword] = useState("");
  const { run, busy, error } = useAction();
  const { members } = useMemberSearch(known, query);
  const others = members.filter(({ user }) => user !== self.user && homeOf(user) === homeOf(server.id)).slice(0, MOST);
  const name = heir && nameOfMember(heir);
  const give = async () => {
    if (heir) await servers.transfer({ server: server.id, user: heir.user, password });
  };
  return (
    <Dialog title={t("hand.title")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run(give, () => { toast(t("hand.done", { name: name ?? "" })); onClose(); }); }}>
        {heir === null ? (
          <div className="adder">
            <Field label={t("hand.to")} type="search" data-focus value={query} onChange={(event) => setQuery(event.target.value)} />
            <ul aria-label={t("overrides.found")}>
              {others.map((member) => (
                <li key={member.user}><button type="button" onClick={() => setHeir(member)}><Avatar id={member.user} name={nameOfMember(member)} size="small" /><Name className="line">{nameOfMember(member)}</Name></button></li>
              ))}
            </ul>
            {others.length === 0 && <p className="hint" role="status">{t("members.none")}</p>}
          </div>
        ) : (
          <>
            <p className="message-text">{t("hand.text", { name: name ?? "", server: server.name })}</p>
            <Field label={t("login.password")} type="password" autoComplete="current-password" autoFocus required value={password} problem={error?.code === "invalid_credentials" ? t("hand.wrong") : fieldProblem(error, "password")} onChange={(event) => setPassword(event.target.value)} />
          </>
        )}
        <Problem error={error?.code === "invalid_credentials" ? null : error} shown={["password"]} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          {heir !== null && <Button type="submit" look="danger" busy={busy} disabled={password === ""}>{t("hand.title")}</Button>}
        </footer>
      </form>
    </Dialog>
  );
}

const MOST = 20;
