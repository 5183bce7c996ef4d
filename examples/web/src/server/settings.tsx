import { useState, type KeyboardEvent, type ReactNode } from "react";
import { t, type Key } from "../i18n";
import { paths } from "../router";
import type { KnownServer } from "../sdk";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { Invitations } from "./invitations";
import { Overview } from "./overview";
import { Roles } from "./roles";

const TABS = ["overview", "roles", "invitations"] as const;
type Tab = (typeof TABS)[number];
const NAMES: Readonly<Record<Tab, Key>> = { overview: "settings.overview", roles: "roles.title", invitations: "invitations.title" };

export function Settings({ known, menu }: { known: KnownServer; menu: ReactNode }) {
  const [tab, setTab] = useState<Tab>("overview");
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length];
    if (step === 0 || !next) return;
    setTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div className="page">
      <header className="bar">
        {menu}
        <h1>{t("settings.of", { server: known.server.name })}</h1>
        <Link className="icon-button" href={paths.server(known.server.id)} aria-label={t("close")}><Icon name="close" /></Link>
      </header>
      <div className="tabs" role="tablist" aria-label={t("settings.title")} onKeyDown={move}>
        {TABS.map((one) => (
          <button key={one} type="button" role="tab" id={`tab-${one}`} aria-selected={one === tab} aria-controls="tab-panel" tabIndex={one === tab ? 0 : -1} onClick={() => setTab(one)}>
            {t(NAMES[one])}
          </button>
        ))}
      </div>
      <div className="panel" role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === "overview" && <Overview known={known} />}
        {tab === "roles" && <Roles known={known} />}
        {tab === "invitations" && <Invitations known={known} />}
      </div>
    </div>
  );
}
