import { useState } from "react";
import { t } from "../i18n";
import { homeOf, type KnownServer, type Member } from "../sdk";
import { isOtpProblem, useOtp } from "../account/otp-field";
import { useChat, useChatView } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { useReason } from "../ui/reason";
import { toast } from "../ui/toast";
import { MemberChoice } from "./member-choice";
import { nameOfMember } from "./search";

/** Makes another member the owner: somebody of this backend, after one's own password. */
export function HandOverDialog({ known, onClose }: { known: KnownServer; onClose: () => void }) {
  const { servers } = useChat().client;
  const { server, member: self } = known;
  const [heir, setHeir] = useState<Member | null>(null);
  const [password, setPassword] = useState("");
  const { field, given } = useReason();
  const { me } = useChatView();
  const otp = useOtp(me);
  const { run, busy, error, setError } = useAction();
  const name = heir && nameOfMember(heir);
  const give = async () => {
    if (heir) await servers.transfer({ server: server.id, user: heir.user, password, ...otp.given, ...given });
  };
  return (
    <Dialog title={t("hand.title")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run(give, () => { toast(t("hand.done", { name: name ?? "" })); onClose(); }); }}>
        {heir === null ? (
          <MemberChoice known={known} label={t("hand.to")} wanted={({ user }) => user !== self.user && homeOf(user) === homeOf(server.id)} onChoose={setHeir} />
        ) : (
          <>
            <p className="message-text">{t("hand.text", { name: name ?? "", server: server.name })}</p>
            <Field label={t("login.password")} type="password" autoComplete="current-password" autoFocus required value={password} problem={error?.code === "invalid_credentials" ? t("hand.wrong") : fieldProblem(error, "password")} onChange={(event) => setPassword(event.target.value)} />
            {otp.field(error, setError)}
            {field}
          </>
        )}
        <Problem error={error?.code === "invalid_credentials" || isOtpProblem(error) ? null : error} shown={["password"]} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          {heir !== null && <Button type="submit" look="danger" busy={busy} disabled={password === "" || otp.missing}>{t("hand.title")}</Button>}
        </footer>
      </form>
    </Dialog>
  );
}
