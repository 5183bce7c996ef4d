import { useState } from "react";
import { t } from "../i18n";
import { paths } from "../router";
import type { KnownServer } from "../sdk";
import { Avatar } from "../ui/avatar";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { CreateServer } from "./create-server";

/** The servers that one is in, one below the other. */
export function Rail({ servers, open }: { servers: readonly KnownServer[]; open: string | null }) {
  const [creating, setCreating] = useState(false);
  return (
    <nav className="rail" aria-label={t("rail.label")}>
      <ul>
        {servers.map(({ server }) => (
          <li key={server.id}>
            <Link href={paths.server(server.id)} aria-label={server.name} title={server.name} aria-current={server.id === open ? "page" : undefined}>
              <Avatar id={server.id} name={server.name} />
            </Link>
          </li>
        ))}
        <li>
          <button type="button" className="rail-button" aria-label={t("create.title")} title={t("create.title")} onClick={() => setCreating(true)}><Icon name="plus" /></button>
        </li>
        <li>
          <Link className="rail-button" href={paths.discover} aria-label={t("discover.title")} title={t("discover.title")}><Icon name="search" /></Link>
        </li>
      </ul>
      {creating && <CreateServer onClose={() => setCreating(false)} />}
    </nav>
  );
}
