import { useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { t } from "../i18n";
import type { Channel } from "../sdk";
import { entriesOf, usePersonActions } from "../server/person-menu";
import { ProfileCard } from "../server/profile-card";
import { useWatched } from "../presence/hooks";
import { StatusText, WithPresence } from "../presence/mark";
import { useChat, useChatView, useElsewhere, useHandle, useName } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { useContextMenu, type ContextEntry } from "../ui/context-menu";
import { IconButton } from "../ui/icon-button";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";
import { useRoving } from "../ui/roving";
import { useGroupMenu } from "./group-menu";

/** Who is in a group, the owner first, and what one can do about the group. */
export function Participants({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const roving = useRoving<HTMLUListElement>();
  const { dialogs, open } = useGroupMenu(channel);
  const { participants } = channel;
  useWatched(channel.id, participants);
  return (
    <aside className="members" tabIndex={-1} aria-label={t("group.people")}>
      <header className="members-top">
        <h2>{t("group.count", { count: participants.length })}</h2>
        <IconButton icon="close" className="members-close" label={t("close")} onPress={onClose} />
      </header>
      <div className="members-list">
        <ul ref={roving.ref} onKeyDown={roving.onKeyDown} onFocus={roving.onFocus}>
          {participants.map((user) => <Row key={user} channel={channel} user={user} />)}
        </ul>
      </div>
      <div className="group-actions">
        <Button look="quiet" icon="invite" onClick={() => open("add")}>{t("group.add")}</Button>
        <Button look="quiet" icon="edit" onClick={() => open("rename")}>{t("group.rename")}</Button>
        <Button look="quiet" icon="leave" className="grave" onClick={() => open("leave")}>{t("group.leave")}</Button>
      </div>
      {dialogs}
    </aside>
  );
}

function Row({ channel, user }: { channel: Channel; user: string }) {
  const { client } = useChat();
  const { me } = useChatView();
  const name = useName(null, user);
  const elsewhere = useElsewhere(user);
  const handle = useHandle(user);
  const actions = usePersonActions(null, user, null);
  const [removing, setRemoving] = useState(false);
  const [owner] = channel.participants;
  const removable = owner === me?.id && user !== me?.id;
  const remove: ContextEntry = { id: "remove.group", label: t("group.remove"), icon: "kick", grave: true, parted: true, act: () => setRemoving(true) };
  const { around, menu } = useContextMenu(t("member.menu", { name }), [...entriesOf(actions), ...(removable ? [remove] : [])]);
  return (
    <li className="participant" {...around}>
      <Popover label={name} card={(close) => <ProfileCard known={null} user={user} onClose={close} />}>
        <AriaButton className="person-row" data-rove>
          <WithPresence user={user}><Avatar id={user} name={name} size="small" /></WithPresence>
          <span className="line">
            <Name className="line">{name}</Name>
            <StatusText user={user} />
            {elsewhere && <small className="handle"><Name className="line">{handle ?? elsewhere}</Name></small>}
          </span>
          {user === owner && <><Icon name="crown" small /><span className="hidden">{t("owner")}</span></>}
        </AriaButton>
      </Popover>
      {removable && <IconButton icon="kick" small label={t("group.remove.of", { name })} tip={t("group.remove")} onPress={() => setRemoving(true)} />}
      {menu}
      {actions.dialogs}
      {removing && (
        <Confirm
          title={t("group.remove.of", { name })}
          text={t("group.remove.text", { name })}
          action={t("group.remove")}
          onConfirm={async () => void (await client.conversations.remove({ channel: channel.id, user }))}
          onClose={() => setRemoving(false)}
        />
      )}
    </li>
  );
}
