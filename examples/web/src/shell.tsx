import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { powersOf } from "./admin/powers";
import { Conversation } from "./conversation/conversation";
import { useFriendNews } from "./friends/use-news";
import { locale, t } from "./i18n";
import { lastChannel, lastPath, visited } from "./places";
import { Participants } from "./private/participants";
import { PrivatePage } from "./private/private-page";
import { coverWith, navigate, paths, routeOf, type Route } from "./router";
import type { Channel, Invitation, KnownServer } from "./sdk";
import { Discover } from "./server/discover";
import { InvitePage } from "./server/invite-page";
import { Members } from "./server/members";
import { Rail } from "./server/rail";
import { useOrdered } from "./server/rail-order";
import { SuspendedBanner } from "./server/suspended-banner";
import { RemoteBanner } from "./server/remote-banner";
import { mayManage } from "./server/server-menu";
import { Sidebar } from "./server/sidebar";
import { all as departures, know, subscribe as onDeparture, apply as noteDeparture } from "./shell/departures";
import { useFilesRefused } from "./shell/files";
import { Home } from "./shell/home";
import { useKeys } from "./shell/keys";
import { useSwipe } from "./shell/swipe";
import { read, write } from "./store/device";
import { serverOf, useChannel, useChannels, useChat, useChatView, useFriendList, usePermissions, useReady, useReceived, useServers } from "./store/hooks";
import { usePrivateUnread } from "./store/unread";
import { useTitle } from "./title";
import { Banner } from "./ui/banner";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { IconButton } from "./ui/icon-button";
import { EmptyState } from "./ui/empty-state";
import { ErrorBoundary } from "./ui/error-boundary";
import type { IconName } from "./ui/icon";
import { Link } from "./ui/link";
import { NARROW, PHONE } from "./ui/media";
import { Skeleton } from "./ui/skeleton";
import { Toasts } from "./ui/toast";

const FriendsPage = lazy(() => import("./friends/friends-page").then(({ FriendsPage }) => ({ default: FriendsPage })));
const ServerSettings = lazy(() => import("./server/settings").then(({ Settings }) => ({ default: Settings })));
const AccountSettings = lazy(() => import("./account/settings").then(({ Settings }) => ({ default: Settings })));
const Moderation = lazy(() => import("./admin/moderation-page").then(({ Moderation }) => ({ default: Moderation })));
const Switcher = lazy(() => import("./shell/switcher").then(({ Switcher }) => ({ default: Switcher })));
const KeyList = lazy(() => import("./shell/key-list").then(({ KeyList }) => ({ default: KeyList })));
const CreateServer = lazy(() => import("./server/create-server").then(({ CreateServer }) => ({ default: CreateServer })));
const ChannelForm = lazy(() => import("./server/channel-form").then(({ ChannelForm }) => ({ default: ChannelForm })));

type Drawer = "none" | "channels" | "members";

/** What a signed-in person sees: servers, channels, and what is open. On a phone the first two are a drawer. */
export function Shell({ route }: { route: Route }) {
  const chat = useChat();
  const { connection, me } = useChatView();
  const ready = useReady();
  const servers = useOrdered(useServers());
  const [drawer, setDrawer] = useState<Drawer>("none");
  const [open, setOpen] = useState<"switcher" | "keys" | "create" | null>(null);
  const [membersShown, setMembersShown] = useStored("beep.members", true);
  const openServer = route.at === "server" || route.at === "settings" ? route.server : null;
  const openChannel = route.at === "server" || route.at === "private" ? route.channel : null;
  const conversation = useChannel(route.at === "private" ? route.channel : null);
  const group = conversation?.kind === "group" ? conversation : null;
  const known = servers.find(({ server }) => server.id === openServer) ?? null;
  /** What another backend may own of what is open. */
  const owned = serverOf(known) ?? conversation?.id ?? null;
  const close = () => setOpen(null);

  useEffect(() => know(servers), [servers]);
  useEffect(() => chat.onEvent((event) => noteDeparture(event, me?.id)), [chat, me?.id]);
  useEffect(() => setDrawer("none"), [route.at, openServer, openChannel]);
  useDrawer(drawer, setDrawer);
  useFilesRefused();
  useFriendNews();
  // A conversation that was just opened is there a moment later.
  useRouteFocus(`${route.at} ${openServer} ${openChannel} ${conversation !== null}`, ready, open !== null);
  useRemembered(known, route, ready);
  useSwipe((way) => {
    if (way === "back") setDrawer(drawer === "members" ? "none" : matchMedia(PHONE).matches ? "channels" : "none");
    else if (drawer === "channels") setDrawer("none");
    else if (((known && route.at === "server") || group) && matchMedia(NARROW).matches) setDrawer("members");
  });
  useKeys({
    switcher: () => setOpen(open === "switcher" ? null : "switcher"),
    help: () => setOpen(open === "keys" ? null : "keys"),
    channel: (step) => {
      if (!known && route.at !== "private") return;
      const server = serverOf(known);
      const channels = server === null ? chat.objects.conversations.channels(null).rows : chat.client.state.channels(server);
      const next = channels[(channels.findIndex(({ id }) => id === openChannel) + step + channels.length) % channels.length];
      if (next) navigate(paths.channel(server, next.id));
    },
    server: (step) => {
      const next = servers[(servers.findIndex(({ server }) => server.id === openServer) + step + servers.length) % servers.length];
      if (next) navigate(paths.server(next.server.id));
    },
    region: nextRegion,
  });

  const menu = <MenuButton onMenu={() => setDrawer("channels")} />;
  const moderates = powersOf(me).any;
  const full = route.at === "settings" || route.at === "account" || (route.at === "moderation" && moderates);
  return (
    <I18nProvider locale={locale}>
      <div className="shell" data-live={connection.type === "live"} data-drawer={drawer} data-members={membersShown}>
        <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>{t("skip")}</a>
        <Banner connection={connection} />
        <Invited />
        {full && ready ? (
          <main id="main" className="full" tabIndex={-1}>
            <ErrorBoundary name={location.pathname}>
              <Suspense fallback={<Skeleton rows={6} />}>
                {route.at === "account" ? <AccountSettings page={route.page} /> : route.at === "moderation" ? <Moderation page={route.page} /> : known ? <ServerSettings key={known.server.id} known={known} page={route.at === "settings" ? route.page : null} /> : <Nowhere menu={null} server={openServer} />}
              </Suspense>
            </ErrorBoundary>
          </main>
        ) : (
          <div className="columns">
            <div className="drawer" id="drawer" inert={drawer === "members"}>
              <Rail servers={servers} open={openServer} at={route.at} onCreate={() => setOpen("create")} />
              <Sidebar known={known} channel={openChannel} at={route.at} ready={ready} onSwitch={() => setOpen("switcher")} />
            </div>
            <main id="main" tabIndex={-1} inert={drawer !== "none"}>
              {ready && owned !== null && <RemoteBanner id={owned} />}
              {ready && known && <SuspendedBanner server={known.server} />}
              <ErrorBoundary name={location.pathname}>
                {ready ? (
                  <Content
                    route={route}
                    known={known}
                    servers={servers}
                    menu={menu}
                    onCreate={() => setOpen("create")}
                    onMembers={() => (matchMedia(NARROW).matches ? setDrawer(drawer === "members" ? "none" : "members") : setMembersShown(!membersShown))}
                  />
                ) : (
                  <div className="page"><header className="bar" /><Skeleton rows={8} shape="message" /></div>
                )}
              </ErrorBoundary>
            </main>
            {known && route.at === "server" && <Members known={known} onClose={() => setDrawer("none")} />}
            {group && <Participants key={group.id} channel={group} onClose={() => setDrawer("none")} />}
            {drawer !== "none" && <button type="button" className="scrim" aria-label={t("close")} onClick={() => setDrawer("none")} />}
          </div>
        )}
        <Toasts />
        <Suspense>
          {open === "switcher" && <Switcher servers={servers} onClose={close} />}
          {open === "keys" && <KeyList onClose={close} />}
          {open === "create" && <CreateServer onClose={close} />}
        </Suspense>
      </div>
    </I18nProvider>
  );
}

/** What is open beside the columns, and how much waits behind it. */
function MenuButton({ onMenu }: { onMenu: () => void }) {
  const invitations = useReceived().length;
  const requests = useFriendList("incoming").rows.length;
  const unread = usePrivateUnread();
  const label = [t("menu"), unread > 0 && t("private.unread", { count: unread }), invitations > 0 && t("received.count", { count: invitations }), requests > 0 && t("friends.waiting", { count: requests })].filter(Boolean).join(", ");
  return <IconButton icon="menu" className="menu" label={label} tip={t("menu")} aria-controls="drawer" onPress={onMenu}><Badge count={unread + invitations + requests} /></IconButton>;
}

/** Escape and a wide window shut the drawer; while it is open it has the focus. */
function useDrawer(drawer: Drawer, setDrawer: (drawer: Drawer) => void): void {
  useEffect(() => {
    const close = (event: KeyboardEvent) => event.key === "Escape" && setDrawer("none");
    addEventListener("keydown", close);
    const widths = [PHONE, NARROW].map((query) => matchMedia(query));
    const none = () => setDrawer("none");
    for (const width of widths) width.addEventListener("change", none);
    return () => {
      removeEventListener("keydown", close);
      for (const width of widths) width.removeEventListener("change", none);
    };
  }, [setDrawer]);
  useEffect(() => {
    if (drawer === "none") return;
    const opener = document.activeElement;
    const uncover = coverWith(() => setDrawer("none"));
    // Where one is, before anything else.
    const stops = drawer === "channels" ? [".drawer .sidebar [aria-current]", ".drawer [aria-current]", ".drawer a"] : [".members button"];
    stops.map((stop) => document.querySelector<HTMLElement>(stop)).find((stop) => stop !== null)?.focus();
    return () => {
      uncover();
      // After React has taken `inert` away, which keeps the focus out.
      setTimeout(() => opener instanceof HTMLElement && opener.isConnected && document.activeElement === document.body && opener.focus());
    };
  }, [drawer, setDrawer]);
}

/** Who goes somewhere has the focus there: in the composer, or on the heading; a finger opens no keyboard. */
function useRouteFocus(place: string, ready: boolean, dialog: boolean): void {
  const before = useRef<string | null>(null);
  useEffect(() => {
    if (!ready || before.current === place) return;
    const first = before.current === null;
    before.current = place;
    let timer = setTimeout(() => {
      // Whoever opens the page by its address keeps the browser's own place, but for writing.
      if (!document.querySelector("[role=dialog], [role=alertdialog]")) focusPage(!first);
      // A card that led here closes a moment later, and gives the focus back to what is gone.
      else timer = setTimeout(() => document.activeElement === document.body && focusPage(!first), RESTORED_MS);
    });
    return () => clearTimeout(timer);
  }, [place, ready]);
  // A dialog that led here gives the focus back to what is gone.
  const wasOpen = useRef(false);
  useEffect(() => {
    const closed = wasOpen.current && !dialog;
    wasOpen.current = dialog;
    if (!closed) return;
    const timer = setTimeout(() => document.activeElement === document.body && focusPage(true), RESTORED_MS);
    return () => clearTimeout(timer);
  }, [dialog]);
}

function focusPage(heading: boolean): void {
  const composer = matchMedia("(pointer: fine)").matches ? document.querySelector<HTMLElement>(".composer textarea:not(:disabled)") : null;
  (composer ?? (heading ? document.querySelector<HTMLElement>("#main h1") : null))?.focus({ preventScroll: true });
}

/** How long a dialog that closes takes to give the focus back. */
const RESTORED_MS = 50;

/** Keeps where one is, and leads from the start to where one was. */
function useRemembered(known: KnownServer | null, route: Route, ready: boolean): void {
  const channel = useChannel(route.at === "server" || route.at === "private" ? route.channel : null);
  const server = channel?.server_id ?? null;
  const id = channel?.id ?? null;
  const there = ready && id !== null && server === serverOf(known);
  useEffect(() => {
    if (there) visited(paths.channel(server, id), server, id);
  }, [there, server, id]);
}

/** F6 goes round the parts of the page. One that is still loading has nothing to press: it takes the focus itself. */
function nextRegion(step: 1 | -1): void {
  const regions = ["nav.rail", ".sidebar nav", "#main", ".members", ".toasts:has(.toast)"]
    .map((selector) => document.querySelector<HTMLElement>(selector))
    .filter((region): region is HTMLElement => region?.checkVisibility() ?? false);
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + step + regions.length) % regions.length];
  const stops = next?.id === "main" ? ".composer textarea:not(:disabled)" : "[data-rove][tabindex='0'], [aria-current], a, button";
  const inside = [...(next?.querySelectorAll<HTMLElement>(stops) ?? [])].find((stop) => stop.checkVisibility());
  (inside ?? next)?.focus();
}

/** A choice of this device. */
function useStored(key: string, usual: boolean): [boolean, (value: boolean) => void] {
  const [value, setValue] = useState(() => {
    const stored = read(key);
    return stored === null ? usual : stored === "true";
  });
  return [value, (next) => {
    setValue(next);
    write(key, String(next));
  }];
}

/** Tells a screen reader of each invitation that comes, wherever one is. */
function Invited() {
  const [newest] = useReceived();
  const [told, setTold] = useState<Invitation | null>(null);
  useEffect(() => setTold((told) => (newest && newest.id > (told?.id ?? "") ? newest : told)), [newest]);
  return <p role="status" className="hidden">{told !== null && told.id === newest?.id && t("invite.title", { server: told.server.name })}</p>;
}

function Content({ route, known, servers, menu, onMembers, onCreate }: {
  route: Route;
  known: KnownServer | null;
  servers: readonly KnownServer[];
  menu: React.ReactNode;
  onMembers: () => void;
  onCreate: () => void;
}) {
  if (route.at === "discover") return <Discover menu={menu} joined={servers} />;
  if (route.at === "invite") return <InvitePage code={route.code} menu={menu} />;
  if (route.at === "server" && known) return <OpenServer known={known} channel={route.channel} menu={menu} onMembers={onMembers} />;
  if (route.at === "private") return <PrivatePage id={route.channel} menu={menu} nowhere={<Nowhere menu={menu} server={null} />} onMembers={onMembers} />;
  if (route.at === "start") return <Start servers={servers} menu={menu} onCreate={onCreate} />;
  if (route.at === "friends") return <Suspense fallback={<div className="page"><header className="bar">{menu}</header><Skeleton rows={5} shape="person" /></div>}><FriendsPage tab={route.tab} menu={menu} /></Suspense>;
  if (route.at === "home") return <Home servers={servers} menu={menu} onCreate={onCreate} />;
  return <Nowhere menu={menu} server={route.at === "server" || route.at === "settings" ? route.server : null} />;
}

/** Opens the last place, if one may still be there. */
function Start({ servers, menu, onCreate }: { servers: readonly KnownServer[]; menu: React.ReactNode; onCreate: () => void }) {
  const last = lastPath();
  const route = last === null ? null : routeOf(last);
  const conversation = useChannel(route?.at === "private" ? route.channel : null);
  const there = route?.at === "server" ? servers.some(({ server }) => server.id === route.server) : conversation !== null;
  useEffect(() => {
    if (there && last !== null) navigate(last, { replace: true });
  }, [there, last]);
  return there ? null : <Home servers={servers} menu={menu} onCreate={onCreate} />;
}

function OpenServer({ known, channel, menu, onMembers }: { known: KnownServer; channel: string | null; menu: React.ReactNode; onMembers: () => void }) {
  const channels = useChannels(known.server.id);
  const last = lastChannel(known.server.id);
  const first = channels.find(({ id }) => id === last) ?? channels[0];
  const open = channels.find(({ id }) => id === channel);
  useEffect(() => {
    if (channel === null && first) navigate(paths.channel(known.server.id, first.id), { replace: true });
  }, [channel, first, known.server.id]);
  if (open) return <Opened key={open.id} known={known} channel={open} menu={menu} onMembers={onMembers} />;
  if (channel === null && first) return null;
  return <NoChannel known={known} menu={menu} gone={channel !== null} first={first ?? null} />;
}

function Opened({ known, channel, menu, onMembers }: { known: KnownServer; channel: Channel; menu: React.ReactNode; onMembers: () => void }) {
  useTitle(`#${channel.name ?? ""}`, known.server.name);
  return <Conversation known={known} channel={channel} menu={menu} onMembers={onMembers} />;
}

/** A server in which nothing can be opened: whoever may, makes a channel here. */
function NoChannel({ known, menu, gone, first }: { known: KnownServer; menu: React.ReactNode; gone: boolean; first: Channel | null }) {
  const held = usePermissions(known);
  const may = held.includes("manage_channels");
  const [creating, setCreating] = useState(false);
  useTitle(known.server.name);
  const text = gone ? t("channels.gone.text") : may ? t("channels.none.create") : t("channels.none.text");
  return (
    <Empty menu={menu} icon="hash" title={gone ? t("channels.gone.title") : t(may ? "channels.none.own" : "channels.none.title")}>
      <p>{text}</p>
      {gone && first && <Link className="button primary" href={paths.channel(known.server.id, first.id)}>{t("channels.gone.first")}</Link>}
      {!first && may && <Button look="primary" icon="plus" onClick={() => setCreating(true)}>{t("channel.create")}</Button>}
      {!first && mayManage(held) && <Link className="button" href={paths.settings(known.server.id)}>{t("settings.title")}</Link>}
      <Suspense>{creating && <ChannelForm known={known} channel={null} onClose={() => setCreating(false)} />}</Suspense>
    </Empty>
  );
}

/** Nothing is there, or not any more: whoever was sent away is told so. */
function Nowhere({ menu, server }: { menu: React.ReactNode; server: string | null }) {
  const gone = useSyncExternalStore(onDeparture, departures).find((one) => one.server === server);
  useTitle(t("nowhere.title"));
  return (
    <Empty menu={menu} icon={gone ? "leave" : "unseen"} title={gone ? t(`gone.${gone.how}`, { server: gone.name }) : t("nowhere.title")}>
      <p>{gone ? t(`gone.${gone.how}.text`) : t("nowhere.text")}</p>
      <Link className="button primary" href={paths.home}>{t("nowhere.home")}</Link>
    </Empty>
  );
}

function Empty({ menu, icon, title, children }: { menu: React.ReactNode; icon: IconName; title: string; children: React.ReactNode }) {
  return (
    <div className="page">
      <header className="bar">{menu}</header>
      <EmptyState icon={icon} title={title}>{children}</EmptyState>
    </div>
  );
}
