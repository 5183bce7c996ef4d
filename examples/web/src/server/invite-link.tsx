import { useEffect, useRef, useState } from "react";
import { momentOf, t } from "../i18n";
import { paths } from "../router";
import { homeOf, type Invitation, type KnownServer } from "../sdk";
import { useChat } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { CopyButton } from "../ui/copy-button";
import { Skeleton } from "../ui/skeleton";
import { QrCode } from "./qr-code";

const DAY_MS = 86_400_000;
const DAYS = 7;

/** With the domain in it, a code is good on every backend. */
export const codeOf = ({ code, server }: Invitation): string => `${code ?? ""}@${homeOf(server.id)}`;
export const linkTo = (invitation: Invitation): string => `${location.origin}${paths.invite(codeOf(invitation))}`;
export const endOf = ({ expires_at }: Invitation): string => (expires_at === null ? t("invitation.never") : t("invitation.until", { time: momentOf(expires_at) }));
export const expiry = (days: number) => (days > 0 ? { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() } : {});

/** A link that is there at once: one's own that is still good, or a new one of seven days. */
export function InviteLink({ known }: { known: KnownServer }) {
  const { invitations } = useChat().client;
  const server = known.server.id;
  const me = known.member.user;
  const [link, setLink] = useState<Invitation | null>(null);
  const { run, error } = useAction();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    run(async () => {
      const { items } = await invitations.list({ server, limit: 100 });
      const good = items.find(({ user, inviter, expires_at, max_uses }) => user === null && inviter === me && max_uses === null && (expires_at === null || Date.parse(expires_at) > Date.now() + DAY_MS));
      setLink(good ?? (await invitations.create({ server, ...expiry(DAYS) })));
    });
  }, [invitations, server, me, run]);
  if (!link) return error ? <Problem error={error} /> : <Skeleton rows={1} />;
  return (
    <div className="invite-link">
      <label htmlFor="invite-link">{t("invitation.link")}</label>
      <div className="joined">
        <input id="invite-link" ref={field} readOnly dir="ltr" value={linkTo(link)} onFocus={(event) => event.target.select()} />
        <CopyButton text={linkTo(link)} />
      </div>
      <p className="hint">{endOf(link)}</p>
      <QrCode text={linkTo(link)} />
    </div>
  );
}
