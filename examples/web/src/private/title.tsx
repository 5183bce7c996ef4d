import { Button as AriaButton } from "react-aria-components/Button";
import { t } from "../i18n";
import type { Channel } from "../sdk";
import { ProfileCard } from "../server/profile-card";
import { useHandle } from "../store/hooks";
import { DomainBadge } from "../ui/domain-badge";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";
import { usePartner, usePrivateName } from "./hooks";
import { PrivateAvatar } from "./private-avatar";

/** What stands in the bar above a private conversation: the other one, with who they are, or the group with how many it has. */
export function PrivateTitle({ channel }: { channel: Channel }) {
  const name = usePrivateName(channel);
  const partner = usePartner(channel);
  if (partner === null) {
    return (
      <>
        <PrivateAvatar channel={channel} name={name} size="small" />
        <h1 tabIndex={-1}><Name>{name}</Name></h1>
        <p className="topic">{t("group.count", { count: channel.participants.length })}</p>
      </>
    );
  }
  return (
    <h1 tabIndex={-1} className="private-title">
      <Popover label={name} side="bottom start" card={(close) => <ProfileCard known={null} user={partner} onClose={close} />}>
        <AriaButton className="private-partner"><PrivateAvatar channel={channel} name={name} size="small" /><Name className="line">{name}</Name><DomainBadge id={partner} /></AriaButton>
      </Popover>
    </h1>
  );
}

/** What stands above the first message of a private conversation: with whom it is. */
export function PrivateBeginning({ channel }: { channel: Channel }) {
  const name = usePrivateName(channel);
  const partner = usePartner(channel);
  return (
    <div className="lead begin">
      <PrivateAvatar channel={channel} name={name} size="huge" />
      <h2><Name>{name}</Name></h2>
      {partner !== null && <Handle user={partner} />}
      <p>{partner !== null ? t("private.begin", { name }) : t("group.begin", { group: name })}</p>
    </div>
  );
}

function Handle({ user }: { user: string }) {
  const handle = useHandle(user);
  return handle !== null && <p className="private-handle"><Name>{`@${handle}`}</Name></p>;
}
