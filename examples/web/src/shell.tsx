import { useEffect, useState } from "react";
import { Conversation } from "./conversation/conversation";
import { counted, t } from "./i18n";
import { navigate, paths, type Route } from "./router";
import type { Invitation, KnownServer } from "./sdk";
import { Discover } from "./server/discover";
import { InvitePage } from "./server/invite-page";
import { Members } from "./server/members";
import { Rail } from "./server/rail";
import { RemoteBanner } from "./server/remote-banner";
import { Settings } from "./server/settings";
import { Sidebar } from "./server/sidebar";
import { useChannels, useChatView, useReady, useReceived, useServers } from "./store/hooks";
import { Banner } from "./ui/banner";
import { Icon } from "./ui/icon";
import { Link } from "./ui/link";

/** What a signed-in person sees: servers, channels, and what is open. On a phone the first two are a drawer. */
export function Shell({ route }: { route: Route }) {
  const { connection } = useChatView();
  const ready = useReady();
  const servers = useServers();
  const [drawer, setDrawer] = useState<"none" | "channels" | "members">("none");
  const openServer = route.at === "server" || route.at === "settings" ? route.server : null;
  const known = servers.find(({ server }) => server.id === openServer) ?? null;

  // Wherever one goes, the drawer has done its work.
  useEffect(() => setDrawer("none"), [route.at, openServer, route.at === "server" ? route.channel : null]);
  useEffect(() => {
    const close = (event: KeyboardEvent) => event.key === "Escape" && setDrawer("none");
    addEventListener("keydown", close);
    // In a wide window nothing is a drawer.
    const widths = ["(max-width: 720px)", "(max-width: 1000px)"].map((query) => matchMedia(query));
    const none = () => setDrawer("none");
    for (const width of widths) width.addEventListener("change", none);
    return () => {
      removeEventListener("keydown", close);
      for (const width of widths) width.removeEventListener("change", none);
    };
  }, []);
  useDrawerFocus(drawer);

  return (
    <div className="shell" data-drawer={drawer}>
      <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>{t("skip")}</a>
      <Banner connection={connection} />
      <Invited />
      <div className="columns">
        <div className="drawer" id="drawer">
          <Rail servers={servers} open={openServer} />
          <Sidebar known={known} channel={route.at === "server" ? route.channel : null} />
        </div>
        <main id="main" tabIndex={-1} inert={drawer !== "none"}>
          {ready && known && <RemoteBanner known={known} />}
          {ready ? (
            <Content route={route} known={known} servers={servers} onMenu={() => setDrawer("channels")} onMembers={() => setDrawer(drawer === "members" ? "none" : "members")} />
          ) : (
            <p className="empty" role="status">{t("start.starting")}</p>
          )}
        </main>
        {known && route.at === "server" && <Members known={known} />}
        {drawer !== "none" && <button type="button" className="scrim" aria-label={t("close")} onClick={() => setDrawer("none")} />}
      </div>
    </div>
  );
}

/** Tells a screen reader of each invitation that comes, wherever one is. */
function Invited() {
  const [newest] = useReceived();
  const [told, setTold] = useState<Invitation | null>(null);
  useEffect(() => setTold((told) => (newest && newest.id > (told?.id ?? "") ? newest : told)), [newest]);
  return <p role="status" className="hidden">{told !== null && told.id === newest?.id && t("invite.title", { server: told.server.name })}</p>;
}

/** An open drawer takes the focus, and gives it back when it closes. */
function useDrawerFocus(drawer: "none" | "channels" | "members") {
  useEffect(() => {
    if (drawer === "none") return;
    const opener = document.activeElement;
    document.querySelector<HTMLElement>(drawer === "channels" ? ".drawer a, .drawer button" : ".members button")?.focus();
    return () => {
      // After React has taken `inert` away, which keeps the focus out.
      setTimeout(() => opener instanceof HTMLElement && opener.isConnected && opener.focus());
    };
  }, [drawer]);
}

function Content({ route, known, servers, onMenu, onMembers }: {
  route: Route;
  known: KnownServer | null;
  servers: readonly KnownServer[];
  onMenu: () => void;
  onMembers: () => void;
}) {
  const waiting = useReceived().length;
  const menu = (
    <button type="button" className="icon-button menu" aria-label={waiting === 0 ? t("menu") : `${t("menu")}, ${counted("received.count", waiting)}`} aria-controls="drawer" onClick={onMenu}>
      <Icon name="menu" />
      {waiting > 0 && <span className="rail-count" aria-hidden="true">{waiting}</span>}
    </button>
  );
  if (route.at === "discover") return <Discover menu={menu} joined={servers} />;
  if (route.at === "invite") return <InvitePage code={route.code} menu={menu} />;
  if (route.at === "server" && known) return <OpenServer known={known} channel={route.channel} menu={menu} onMembers={onMembers} />;
  if (route.at === "settings" && known) return <Settings key={known.server.id} known={known} menu={menu} />;
  if (route.at === "home") return <Home servers={servers} menu={menu} />;
  return (
    <Empty menu={menu} title={t("nowhere.title")}>
      <p>{t("nowhere.text")}</p>
      <Link className="button primary" href={paths.home}>{t("nowhere.home")}</Link>
    </Empty>
  );
}

function OpenServer({ known, channel, menu, onMembers }: { known: KnownServer; channel: string | null; menu: React.ReactNode; onMembers: () => void }) {
  const channels = useChannels(known.server.id);
  const first = channels[0];
  const open = channels.find(({ id }) => id === channel);
  useEffect(() => {
    if (channel === null && first) navigate(paths.channel(known.server.id, first.id), { replace: true });
  }, [channel, first, known.server.id]);
  if (open) return <Conversation key={open.id} known={known} channel={open} menu={menu} onMembers={onMembers} />;
  return (
    <Empty menu={menu} title={channel === null ? t("channels.none.title") : t("channels.gone.title")}>
      <p>{channel === null ? t("channels.none.text") : t("channels.gone.text")}</p>
      {channel !== null && first && <Link className="button primary" href={paths.channel(known.server.id, first.id)}>{t("channels.gone.first")}</Link>}
    </Empty>
  );
}

function Home({ servers, menu }: { servers: readonly KnownServer[]; menu: React.ReactNode }) {
  const first = servers[0];
  return (
    <Empty menu={menu} title={t("home.title")}>
      <p>{first ? t("home.choose") : t("home.empty")}</p>
      {first && <Link className="button primary" href={paths.server(first.server.id)}>{t("home.open", { server: first.server.name })}</Link>}
      <Link className={first ? "button" : "button primary"} href={paths.discover}>{t("discover.title")}</Link>
      <p className="hint">{t("home.invited")}</p>
    </Empty>
  );
}

function Empty({ menu, title, children }: { menu: React.ReactNode; title: string; children: React.ReactNode }) {
  return (
    <div className="page">
      <header className="bar">{menu}</header>
      <div className="empty">
        <h1>{title}</h1>
        {children}
      </div>
    </div>
  );
}
