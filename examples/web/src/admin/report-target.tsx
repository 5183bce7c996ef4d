import { useEffect, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { t } from "../i18n";
import { Markdown } from "../markdown/markdown";
import { placeName } from "../permission/because";
import { paths } from "../router";
import { BeepError, homeOf, type Message, type Report } from "../sdk";
import { ProfileCard } from "../server/profile-card";
import { isAhead } from "../store/end";
import { useChannel, useChat, useChatView, useHandle, useName, useSpeaker } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { DomainBadge } from "../ui/domain-badge";
import { Link } from "../ui/link";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";
import { powersOf } from "./powers";
import { SuspendServerDialog } from "./sanctions";
import { ServerLine, useServer } from "./server-line";

/** What a report is about, as far as the reader sees it, and the way there. */
export function Target({ target: { kind, id, channel_id } }: { target: Report["target"] }): ReactNode {
  switch (kind) {
    case "message":
      return channel_id ? <ReportedMessage id={id} channel={channel_id} /> : null;
    case "user":
      return <ReportedUser user={id} />;
    case "server":
      return <ReportedServer server={id} />;
  }
}

function ReportedUser({ user }: { user: string }) {
  const name = useName(null, user);
  const handle = useHandle(user);
  return (
    <div className="report-target">
      <Avatar id={user} name={name} size="small" />
      <Popover label={name} side="bottom start" card={(close) => <ProfileCard known={null} user={user} onClose={close} />}>
        <AriaButton className="name-button"><Name>{name}</Name></AriaButton>
      </Popover>
      <small className="quiet">{handle && <Name>{`@${handle}`}</Name>}</small> <DomainBadge id={user} />
    </div>
  );
}

function ReportedServer({ server }: { server: string }) {
  const { me } = useChatView();
  const { server: known, hidden, again } = useServer(server);
  const [asking, setAsking] = useState(false);
  const name = known?.name ?? t("server.hidden");
  const moderates = powersOf(me).servers && homeOf(server) === me?.domain && (hidden || (known !== null && !isAhead(known.suspended_until)));
  return (
    <div className="report-target">
      <ServerLine id={server} server={known} hidden={hidden} />
      {moderates && <button type="button" className="text-button" onClick={() => setAsking(true)}>{t("suspend.server")}</button>}
      {asking && <SuspendServerDialog server={server} name={name} onDone={again} onClose={() => setAsking(false)} />}
    </div>
  );
}

/** The message itself, for who may read where it is; to others nothing of it is known. */
function ReportedMessage({ id, channel }: { id: string; channel: string }) {
  const there = useChannel(channel);
  const message = useMessage(there === null ? null : channel, id);
  if (there === null) return <p className="hint">{t("report.unseen")}</p>;
  if (message === "gone") return <p className="hint">{t("report.gone")}</p>;
  return (
    <>
      {message && <Quoted message={message} server={there.server_id} />}
      <Link className="text-link" href={paths.message(there.server_id, channel, id)}>{t("report.open", { channel: placeName(there) })}</Link>
    </>
  );
}

function Quoted({ message, server }: { message: Message; server: string | null }) {
  const name = useSpeaker(server, message);
  const { author } = message;
  return (
    <div className="quoted-message text" dir="auto">
      {author === null ? <strong><Name>{name}</Name></strong> : (
        <Popover label={name} side="bottom start" card={(close) => <ProfileCard known={null} user={author} onClose={close} />}>
          <AriaButton className="name-button"><Name>{name}</Name></AriaButton>
        </Popover>
      )}
      {message.sealed === null ? <Markdown text={message.content} /> : <em>{t("message.sealed")}</em>}
    </div>
  );
}

/** A message once it is here; `null` before, and where nobody may read it. */
function useMessage(channel: string | null, message: string): Message | "gone" | null {
  const { messages } = useChat().client;
  const [found, setFound] = useState<Message | "gone" | null>(null);
  useEffect(() => {
    if (channel === null) return;
    const stop = new AbortController();
    messages.get({ channel, message }, { signal: stop.signal }).then(setFound, (cause: unknown) => {
      if (stop.signal.aborted) return;
      if (!(cause instanceof BeepError)) throw cause;
      if (cause.code === "not_found") setFound("gone");
    });
    return () => stop.abort();
  }, [messages, channel, message]);
  return found;
}
