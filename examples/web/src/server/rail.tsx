import { useState, type DragEvent } from "react";
import { useOpenReports } from "../admin/open-reports";
import { powersOf } from "../admin/powers";
import { friendsLabel } from "../friends/label";
import { t } from "../i18n";
import { ServerMark, useServerWords } from "../conversation/unread-mark";
import { lastChannel } from "../places";
import { paths, type Route } from "../router";
import type { KnownServer } from "../sdk";
import { useChatView, useElsewhere, useFriendList, useReach, useReceived } from "../store/hooks";
import { usePrivateUnread } from "../store/unread";
import { Avatar } from "../ui/avatar";
import { Badge } from "../ui/badge";
import { useContextMenu, type ContextEntry } from "../ui/context-menu";
import { IconButton } from "../ui/icon-button";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { Mark } from "../ui/mark";
import { useRoving } from "../ui/roving";
import { TipAround } from "../ui/tooltip";
import { arrange, moved } from "./rail-order";
import { ReceivedDialog } from "./received-dialog";
import { useServerMenu } from "./server-menu";

/** Home with what is unread in private, friends and the invitations that one has, the servers that one is in, and the ways to more of them, which never scroll away. */
export function Rail({ servers, open, at, onCreate }: { servers: readonly KnownServer[]; open: string | null; at: Route["at"]; onCreate: () => void }) {
  const [answering, setAnswering] = useState(false);
  const received = useReceived();
  const requests = useFriendList("incoming").rows.length;
  const unread = usePrivateUnread();
  const moderates = powersOf(useChatView().me).any;
  const reports = useOpenReports();
  const roving = useRoving<HTMLUListElement>();
  const ids = servers.map(({ server }) => server.id);
  const waiting = received.length === 0 ? t("received.title") : t("received.count", { count: received.length });
  return (
    <nav className="rail" aria-label={t("rail.label")}>
      <div className="rail-end">
        <TipAround text={t("home")} side="end">
          <Link className="tile" href={paths.home} aria-label={unread === 0 ? t("home") : `${t("home")}, ${t("private.unread", { count: unread })}`} aria-current={at === "home" ? "page" : at === "private" ? "true" : undefined}><Mark /><Badge count={unread} /></Link>
        </TipAround>
        <TipAround text={t("friends.title")} side="end">
          <Link className="tile" href={paths.friends(requests > 0 ? "pending" : "all")} aria-label={friendsLabel(requests)} aria-current={at === "friends" ? "page" : undefined}><Icon name="people" /><Badge count={requests} /></Link>
        </TipAround>
        <IconButton icon="inbox" className="tile" label={waiting} side="end" onPress={() => setAnswering(true)}><Badge count={received.length} /></IconButton>
        {moderates && (
          <TipAround text={t("admin.title")} side="end">
            <Link className="tile" href={paths.moderation()} aria-label={reports === 0 ? t("admin.title") : `${t("admin.title")}, ${t("reports.waiting", { count: reports })}`}><Icon name="gavel" /><Badge count={reports} /></Link>
          </TipAround>
        )}
      </div>
      <hr />
      <ul className="rail-servers" ref={roving.ref} onKeyDown={roving.onKeyDown} onFocus={roving.onFocus}>
        {servers.map((known) => <ServerLink key={known.server.id} known={known} all={ids} open={known.server.id === open} />)}
      </ul>
      <div className="rail-end">
        <IconButton icon="plus" className="tile more" label={t("create.title")} side="end" onPress={onCreate} />
        <TipAround text={t("discover.title")} side="end">
          <Link className="tile more" href={paths.discover} aria-label={t("discover.title")} aria-current={at === "discover" ? "page" : undefined}><Icon name="discover" /></Link>
        </TipAround>
      </div>
      {answering && <ReceivedDialog received={received} onClose={() => setAnswering(false)} />}
    </nav>
  );
}

/**
 * One of them; that of another backend carries a badge, which also shows when that cannot be reached. It is dragged to
 * another place, or put there by its menu. `all`: the servers in their order.
 */
function ServerLink({ known, all, open }: { known: KnownServer; all: readonly string[]; open: boolean }) {
  const { server } = known;
  const domain = useElsewhere(server.id);
  const { trouble } = useReach(domain ?? "");
  const name = domain === null ? server.name : t(trouble === null ? "server.elsewhere" : "server.elsewhere.trouble", { server: server.name, domain });
  const last = lastChannel(server.id);
  const words = useServerWords(server.id);
  const [drop, setDrop] = useState<"before" | "after" | null>(null);
  const at = all.indexOf(server.id);
  const { entries, dialogs } = useServerMenu(known);
  const moves: (ContextEntry | false)[] = [
    at > 0 && { id: "up", label: t("order.up"), icon: "up", parted: true, act: () => arrange(moved(all, server.id, all[at - 1] ?? null)) },
    at < all.length - 1 && { id: "down", label: t("order.down"), icon: "down", parted: at === 0, act: () => arrange(moved(all, server.id, all[at + 2] ?? null)) },
  ];
  const { around, menu } = useContextMenu(t("server.menu", { server: server.name }), [...entries, ...moves.filter((entry) => entry !== false)]);
  const over = (event: DragEvent<HTMLElement>) => {
    const { top, height } = event.currentTarget.getBoundingClientRect();
    return event.clientY < top + height / 2 ? "before" : "after";
  };
  return (
    <li
      {...around}
      data-drop={drop ?? undefined}
      onDragStart={({ dataTransfer }) => {
        dataTransfer.setData(DRAGGED, server.id);
        dataTransfer.effectAllowed = "move";
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(DRAGGED)) return;
        event.preventDefault();
        setDrop(over(event));
      }}
      onDragLeave={() => setDrop(null)}
      onDrop={(event) => {
        event.preventDefault();
        setDrop(null);
        const dragged = event.dataTransfer.getData(DRAGGED);
        if (all.includes(dragged)) arrange(moved(all, dragged, over(event) === "before" ? server.id : (all[at + 1] ?? null)));
      }}
    >
      <TipAround text={<bdi>{name}</bdi>} side="end">
        <Link className="tile server" data-rove href={last === null ? paths.server(server.id) : paths.channel(server.id, last)} aria-label={words === "" ? name : `${name}, ${words}`} aria-current={open ? "page" : undefined}>
          <Avatar id={server.id} name={server.name} server />
          <ServerMark server={server.id} />
          {domain !== null && <span className="rail-badge" data-trouble={trouble ?? undefined}><Icon name="globe" small /></span>}
        </Link>
      </TipAround>
      {menu}
      {dialogs}
    </li>
  );
}

/** The kind of what is dragged, in lower case as browsers give it back. */
const DRAGGED = "text/x-beep-server";
