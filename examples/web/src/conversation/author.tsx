import { Button as AriaButton } from "react-aria-components/Button";
import { momentOf, t, timeOf } from "../i18n";
import type { KnownServer, Message } from "../sdk";
import { ProfileCard } from "../server/profile-card";
import { TintedName } from "../server/role-dot";
import { serverOf, useColor, useSpeaker } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { DomainBadge } from "../ui/domain-badge";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";

type Spoken = Pick<Message, "author" | "via" | "created_at">;

/**
 * Who spoke and when, at the head of a group; the picture and the name open who they are. `reachable`: by the tab key, so
 * that not each row is a stop.
 */
export function Head({ known, message, reachable }: { known: KnownServer | null; message: Spoken; reachable: boolean }) {
  const name = useSpeaker(serverOf(known), message);
  const color = useColor(known, message.author);
  const { author, via } = message;
  const shown = <TintedName color={color}>{name}</TintedName>;
  return (
    <>
      <span className="message-avatar">
        {author === null ? (
          <Avatar id={name} name={name} />
        ) : (
          <Popover label={name} side="end top" card={(close) => <ProfileCard known={known} user={author} onClose={close} />}>
            <AriaButton className="author" aria-label={name} excludeFromTabOrder><Avatar id={author} name={name} /></AriaButton>
          </Popover>
        )}
      </span>
      <header>
        {author === null ? (
          <strong>{shown}</strong>
        ) : (
          <Popover label={name} side="end top" card={(close) => <ProfileCard known={known} user={author} onClose={close} />}>
            <AriaButton className="author" excludeFromTabOrder={!reachable}><strong>{shown}</strong></AriaButton>
          </Popover>
        )}
        {author === null && via && <span className="tag">{t(`author.${kindOf(via)}`)}</span>}
        <DomainBadge id={author} />
        <Time time={message.created_at} />
      </header>
    </>
  );
}

/** The same for a message that goes on a group: the name is for who cannot see that it does. */
export function Beside({ known, message }: { known: KnownServer | null; message: Spoken }) {
  const name = useSpeaker(serverOf(known), message);
  return (
    <>
      <span className="hidden unselected"><Name>{name}</Name> <DomainBadge id={message.author} /></span>
      <span className="beside"><Time time={message.created_at} /></span>
    </>
  );
}

function Time({ time }: { time: string }) {
  return <time dateTime={time} title={momentOf(time)}>{timeOf(time)}</time>;
}

/** What spoke, where it was no user. */
export function kindOf(via: NonNullable<Message["via"]>): "webhook" | "app" | "system" {
  return via.type === "webhook" || via.type === "app" ? via.type : "system";
}

/** One name for each that speaks, so that what they say stands together. */
export function speakerKey({ author, via }: Pick<Message, "author" | "via">): string | null {
  if (author !== null) return author;
  switch (via?.type) {
    case "webhook":
    case "app":
      return `${via.type} ${via.id} ${via.name}`;
    case "system":
      return "system";
    default:
      return null;
  }
}
