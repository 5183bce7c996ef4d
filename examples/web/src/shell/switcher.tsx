import { useId, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { ModalOverlay, Modal } from "react-aria-components/Modal";
import { Dialog } from "react-aria-components/Dialog";
import { byName, friendName } from "../friends/sort";
import { locale, t } from "../i18n";
import { visitedAt } from "../places";
import { writeTo } from "../private/direct";
import { othersIn, partnerIn, privateName } from "../private/name";
import { PrivateAvatar } from "../private/private-avatar";
import { useListed } from "../private/private-list";
import { navigate, paths } from "../router";
import { handleOf, type KnownServer } from "../sdk";
import { nameOf, useChat, useChatView, useFriendList } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { Badge } from "../ui/badge";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { fitOf } from "./fuzzy";
import { byWaiting, type Waiting } from "./waiting";

interface Goal extends Waiting {
  readonly key: string;
  readonly name: string;
  /** What stands beside the name: the server of a channel, the handle of a person. It is found by that too, behind what fits by its name. */
  readonly beside: string;
  readonly kind: "channel" | "server" | "private";
  readonly picture: ReactNode;
  go(): void;
}

/** Goes anywhere by a few letters: `#` finds channels alone, `*` servers, `@` people and private conversations. */
export function Switcher({ servers, onClose }: { servers: readonly KnownServer[]; onClose: () => void }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const places = useServerGoals(servers);
  const { conversations, friends } = usePrivateGoals();
  const goals = useMemo(() => byWaiting([...conversations, ...places, ...friends]), [places, conversations, friends]);
  const found = useMemo(() => searched(goals, query), [goals, query]);
  const current = Math.min(at, found.length - 1);
  const go = (goal: Goal | undefined) => {
    if (!goal) return;
    onClose();
    goal.go();
  };
  return (
    <ModalOverlay className="scrim modal top" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal className="switcher">
        <Dialog aria-label={t("switcher.title")}>
          <input
            autoFocus
            role="combobox"
            aria-expanded="true"
            aria-controls={list}
            aria-activedescendant={found[current] ? `${list}-${current}` : undefined}
            aria-label={t("switcher.label")}
            placeholder={t("switcher.label")}
            value={query}
            onChange={(event) => {
              setQuery(event.target.value);
              setAt(0);
            }}
            onKeyDown={(event) => {
              if (event.nativeEvent.isComposing || event.keyCode === 229) return;
              const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
              if (step !== 0) {
                event.preventDefault();
                const next = (current + step + found.length) % Math.max(found.length, 1);
                setAt(next);
                document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: "nearest" });
              } else if (event.key === "Enter") {
                event.preventDefault();
                go(found[current]);
              }
            }}
          />
          <ul id={list} role="listbox" aria-label={t("switcher.found")}>
            {found.map((goal, index) => (
              <li key={goal.key} id={`${list}-${index}`} role="option" aria-selected={index === current} onPointerMove={() => setAt(index)} onClick={() => go(goal)}>
                {goal.picture}
                <Name className="line">{goal.name}</Name>
                {goal.beside !== "" && <small><Name className="line">{goal.beside}</Name></small>}
                {goal.unread && <span className="unread-mark">{goal.mentions > 0 ? <Badge count={goal.mentions} /> : <span className="switcher-dot" />}<span className="hidden">{t("switcher.unread")}</span></span>}
              </li>
            ))}
          </ul>
          <p className="hint" role="status">{found.length === 0 ? t("switcher.none") : t("switcher.hint")}</p>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** The servers and their channels, as they were when it opened: nothing changes its place while one chooses. */
function useServerGoals(servers: readonly KnownServer[]): readonly Goal[] {
  const { client, objects } = useChat();
  return useMemo(() => servers.flatMap(({ server }): Goal[] => {
    const rows = objects.conversations.channels(server.id).rows;
    const picture = <Avatar id={server.id} name={server.name} server size="small" />;
    return [
      { key: server.id, name: server.name, beside: "", kind: "server", picture, unread: false, mentions: 0, visited: null, go: () => navigate(paths.server(server.id)) },
      ...client.state.channels(server.id).map((channel): Goal => {
        const { unread = 0, mentions = 0, muted = false } = rows.find(({ id }) => id === channel.id) ?? {};
        const waiting = waitingAt(channel.id, paths.channel(server.id, channel.id), unread > 0 && !muted, mentions);
        return { ...waiting, name: channel.name ?? "", beside: server.name, kind: "channel", picture: <Icon name="hash" /> };
      }),
    ];
  }), [servers, client, objects]);
}

/** The private conversations, and the friends with whom there is none. Their names may come a moment later. */
function usePrivateGoals(): { readonly conversations: readonly Goal[]; readonly friends: readonly Goal[] } {
  const chat = useChat();
  const { me } = useChatView();
  const self = me?.id ?? "";
  const listed = useListed(null);
  const [rows] = useState(listed);
  const { rows: friends } = useFriendList("friends");
  // The same text stays the same answer.
  const text = useSyncExternalStore(chat.people.subscribe, () => JSON.stringify(rows.map((row): Named => {
    const partner = partnerIn(row, self);
    const profile = partner === null ? null : chat.people.user(partner);
    const name = privateName(row, self, (user) => nameOf(chat, null, user), locale, t("group.alone"));
    return { name, beside: profile ? `@${handleOf(profile, me?.domain ?? profile.domain)}` : partner === null ? t("group.count", { count: row.participants.length }) : "" };
  })));
  return useMemo(() => {
    const names = JSON.parse(text) as readonly Named[];
    const partners = new Set(rows.flatMap((row) => (row.kind === "direct" ? othersIn(row, self) : [])));
    const others = byName(friends.filter(({ user }) => !partners.has(user)), locale);
    return {
      conversations: rows.map((row, index): Goal => {
        const { name, beside } = names[index]!;
        const waiting = waitingAt(row.id, paths.channel(null, row.id), row.unread > 0 && !row.muted, row.mentions);
        return { ...waiting, name, beside, kind: "private", picture: <PrivateAvatar channel={row} name={name} size="small" /> };
      }),
      friends: others.map((friend): Goal => {
        const { user, profile } = friend;
        const name = friendName(friend);
        const beside = profile ? `@${handleOf(profile, me?.domain ?? profile.domain)}` : "";
        return { key: user, name, beside, kind: "private", picture: <Avatar id={user} name={name} size="small" />, unread: false, mentions: 0, visited: null, go: () => writeTo(chat, user, name) };
      }),
    };
  }, [text, rows, friends, chat, me, self]);
}

type Named = Pick<Goal, "name" | "beside">;

/** A channel as a goal, with what waits there. */
function waitingAt(channel: string, path: string, unread: boolean, mentions: number): Pick<Goal, keyof Waiting | "key" | "go"> {
  return { key: channel, unread, mentions, visited: path === location.pathname ? null : visitedAt(channel), go: () => navigate(path) };
}

const SIGNS: Readonly<Record<string, Goal["kind"]>> = { "#": "channel", "*": "server", "@": "private" };

function searched(goals: readonly Goal[], query: string): readonly Goal[] {
  const only = SIGNS[query[0] ?? ""] ?? null;
  const text = only === null ? query : query.slice(1);
  const among = goals.filter(({ kind }) => only === null || kind === only);
  if (text.trim() === "") return among.slice(0, MOST);
  const fits = among.map((goal) => {
    const own = fitOf(text, goal.name);
    const both = goal.beside === "" ? null : fitOf(text, `${goal.beside} ${goal.name}`);
    return { goal, fit: own ?? (both === null ? null : both - 20) };
  });
  return fits.filter(({ fit }) => fit !== null).sort((a, b) => b.fit! - a.fit!).slice(0, MOST).map(({ goal }) => goal);
}

const MOST = 40;
