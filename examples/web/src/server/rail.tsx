import { useState } from "react";
import { counted, t } from "../i18n";
import { paths } from "../router";
import type { KnownServer, Server } from "../sdk";
import { useElsewhere, useReach, useReceived } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { CreateServer } from "./create-server";
import { ReceivedDialog } from "./received-dialog";

/** The invitations that one has, and below them the servers that one is in. */
export function Rail({ servers, open }: { servers: readonly KnownServer[]; open: string | null }) {
  const [creating, setCreating] = useState(false);
  const [answering, setAnswering] = useState(false);
  const received = useReceived();
  const waiting = received.length === 0 ? t("received.title") : counted("received.count", received.length);
  return (
    <nav className="rail" aria-label={t("rail.label")}>
      <ul>
        <li>
          <button type="button" className="rail-button" aria-label={waiting} title={waiting} onClick={() => setAnswering(true)}>
            <Icon name="mail" />
            {received.length > 0 && <span className="rail-count" aria-hidden="true">{received.length}</span>}
          </button>
        </li>
        {servers.map(({ server }) => (
          <li key={server.id}><ServerLink server={server} open={server.id === open} /></li>
        ))}
        <li>
          <button type="button" className="rail-button" aria-label={t("create.title")} title={t("create.title")} onClick={() => setCreating(true)}><Icon name="plus" /></button>
        </li>
        <li>
          <Link className="rail-button" href={paths.discover} aria-label={t("discover.title")} title={t("discover.title")}><Icon name="search" /></Link>
        </li>
      </ul>
      {answering && <ReceivedDialog received={received} onClose={() => setAnswering(false)} />}
      {creating && <CreateServer onClose={() => setCreating(false)} />}
    </nav>
  );
}

/** One of them; that of another backend carries a badge, which also shows when that cannot be reached. */
function ServerLink({ server, open }: { server: Server; open: boolean }) {
  const domain = useElsewhere(server.id);
  const { trouble } = useReach(domain ?? "");
  const name = domain === null ? server.name : t(trouble === null ? "server.elsewhere" : "server.elsewhere.trouble", { server: server.name, domain });
  return (
    <Link href={paths.server(server.id)} aria-label={name} title={name} aria-current={open ? "page" : undefined}>
      <Avatar id={server.id} name={server.name} />
      {domain !== null && <span className="rail-badge" data-trouble={trouble ?? undefined}><Icon name="globe" /></span>}
    </Link>
  );
}
