import { useEffect, useState } from "react";
import { t } from "../i18n";
import { homeOf, type KnownServer, type Message, type User } from "../sdk";
import { serverOf, useChat, useDenied } from "../store/hooks";
import type { Timeline } from "../store/objects";
import { Problem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { DomainBadge } from "../ui/domain-badge";
import { Name } from "../ui/name";
import { calledOf } from "./reactions";

/** Who reacted to a message, by emoji; who manages messages removes all with one. */
export function ReactionsDialog({ known, timeline, message, onClose }: { known: KnownServer | null; timeline: Timeline; message: Message; onClose: () => void }) {
  return (
    <Dialog title={t("reaction.list")} onClose={onClose}>
      <div className="reactors">
        {message.reactions.length === 0 && <p className="hint">{t("reaction.none")}</p>}
        {message.reactions.map(({ emoji, count }) => <Reactors key={`${emoji} ${count}`} known={known} timeline={timeline} message={message} emoji={emoji} count={count} />)}
      </div>
    </Dialog>
  );
}

function Reactors({ known, timeline, message, emoji, count }: { known: KnownServer | null; timeline: Timeline; message: Message; emoji: string; count: number }) {
  const chat = useChat();
  const { id, channel_id: channel } = message;
  const clears = useDenied({ action: "clear_reactions", channel }) === null;
  const [users, setUsers] = useState<readonly User[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const { run, busy, error } = useAction();
  const more = (cursor: string | null) => run(async () => {
    const page = await chat.client.reactions.list({ channel, message: id, emoji, ...(cursor !== null && { cursor }) });
    setUsers((held) => [...held, ...page.items.filter((user) => !held.some((one) => one.id === user.id))]);
    setNext(page.next);
  });
  useEffect(() => more(null), []);
  return (
    <section aria-label={t("reaction.label", { emoji, count })}>
      <h3>
        <span><span className="reaction-emoji" aria-hidden="true">{emoji}</span> {t("reaction.count", { count })}</span>
        {clears && <Button busy={busy} aria-label={t("reaction.clear.of", { emoji })} onClick={() => run(() => timeline.clearReactions(id, emoji))}>{t("reaction.clear")}</Button>}
      </h3>
      <ul>
        {users.map((user) => {
          const name = calledOf(chat, serverOf(known), user);
          return <li key={user.id}><Avatar id={user.id} name={name} /> <Name>{name}</Name> <DomainBadge id={user.id} /></li>;
        })}
      </ul>
      <Problem error={error} domain={homeOf(channel)} />
      {next !== null && <Button busy={busy} onClick={() => more(next)}>{t("more")}</Button>}
    </section>
  );
}
