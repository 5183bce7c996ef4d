import { useId, useMemo, useState } from "react";
import { ModalOverlay, Modal } from "react-aria-components/Modal";
import { Dialog } from "react-aria-components/Dialog";
import { t } from "../i18n";
import { visitedAt } from "../places";
import { navigate, paths } from "../router";
import type { KnownServer } from "../sdk";
import { useChat } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { Badge } from "../ui/badge";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { fitOf } from "./fuzzy";
import { byWaiting, type Waiting } from "./waiting";

interface Goal extends Waiting {
  readonly path: string;
  readonly name: string;
  readonly kind: "channel" | "server";
  readonly server: KnownServer["server"];
}

/** Goes anywhere by a few letters: `#` finds channels alone, `*` servers. */
export function Switcher({ servers, onClose }: { servers: readonly KnownServer[]; onClose: () => void }) {
  const { client, objects } = useChat();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  // As it was when it opened: nothing changes its place while one chooses.
  const goals = useMemo(() => {
    const all = servers.flatMap(({ server }): Goal[] => {
      const rows = objects.conversations.channels(server.id).rows;
      return [
        { path: paths.server(server.id), name: server.name, kind: "server", server, unread: false, mentions: 0, visited: null },
        ...client.state.channels(server.id).map((channel): Goal => {
          const { unread = 0, mentions = 0, muted = false } = rows.find(({ id }) => id === channel.id) ?? {};
          const path = paths.channel(server.id, channel.id);
          return { path, name: channel.name ?? "", kind: "channel", server, unread: unread > 0 && !muted, mentions, visited: path === location.pathname ? null : visitedAt(channel.id) };
        }),
      ];
    });
    return byWaiting(all);
  }, [servers, client, objects]);
  const found = useMemo(() => searched(goals, query), [goals, query]);
  const current = Math.min(at, found.length - 1);
  const go = (goal: Goal | undefined) => {
    if (!goal) return;
    onClose();
    navigate(goal.path);
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
              <li key={goal.path} id={`${list}-${index}`} role="option" aria-selected={index === current} onPointerMove={() => setAt(index)} onClick={() => go(goal)}>
                {goal.kind === "channel" ? <Icon name="hash" /> : <Avatar id={goal.server.id} name={goal.server.name} server size="small" />}
                <Name className="line">{goal.name}</Name>
                {goal.kind === "channel" && <small><Name className="line">{goal.server.name}</Name></small>}
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

function searched(goals: readonly Goal[], query: string): readonly Goal[] {
  const only = query.startsWith("#") ? "channel" : query.startsWith("*") ? "server" : null;
  const text = only === null ? query : query.slice(1);
  const among = goals.filter(({ kind }) => only === null || kind === only);
  if (text.trim() === "") return among.slice(0, MOST);
  const fits = among.map((goal) => {
    const own = fitOf(text, goal.name);
    // A channel is found by its server too, behind what fits by itself.
    const both = goal.kind === "channel" ? fitOf(text, `${goal.server.name} ${goal.name}`) : null;
    return { goal, fit: own ?? (both === null ? null : both - 20) };
  });
  return fits.filter(({ fit }) => fit !== null).sort((a, b) => b.fit! - a.fit!).slice(0, MOST).map(({ goal }) => goal);
}

const MOST = 40;
