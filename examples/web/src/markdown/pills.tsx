import { Button as AriaButton } from "react-aria-components/Button";
import { t } from "../i18n";
import { paths } from "../router";
import { serverOf, useChat, useChatView, useName } from "../store/hooks";
import { ProfileCard } from "../server/profile-card";
import { TintedName } from "../server/role-dot";
import { Link } from "../ui/link";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";
import { useAround } from "./around";

/** Somebody who is named in a text; it opens who they are. */
export function UserPill({ id }: { id: string }) {
  const { me } = useChatView();
  const known = useAround();
  const name = useName(serverOf(known), id);
  const own = id === me?.id || undefined;
  return (
    <Popover label={name} card={(close) => <ProfileCard known={known} user={id} onClose={close} />}>
      <AriaButton className="mention" data-own={own} aria-label={`@${name}`}><Name>{`@${name}`}</Name></AriaButton>
    </Popover>
  );
}

export function RolePill({ id }: { id: string }) {
  const known = useAround();
  const role = known?.roles.find((one) => one.id === id);
  return <span className="mention" data-own={known?.member.roles.includes(id) || undefined}>{role ? <TintedName color={role.color}>{`@${role.name}`}</TintedName> : t("mention.role")}</span>;
}

export function EveryonePill() {
  return <span className="mention" data-own>@everyone</span>;
}

export function ChannelPill({ id }: { id: string }) {
  const channel = useChat().client.state.channel(id);
  if (!channel || channel.server_id === null) return <span className="mention">{t("mention.channel")}</span>;
  return <Link className="mention" href={paths.channel(channel.server_id, channel.id)}><Name>{`#${channel.name ?? ""}`}</Name></Link>;
}
