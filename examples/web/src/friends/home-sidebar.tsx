import { t } from "../i18n";
import { PrivateList } from "../private/private-list";
import { paths, type Route } from "../router";
import { useFriendList } from "../store/hooks";
import { Badge } from "../ui/badge";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { Wordmark } from "../ui/mark";
import { Skeleton } from "../ui/skeleton";
import { friendsLabel } from "./label";

/** What stands beside the pages that belong to no server: the ways there, and below them what is private. `channel`: which conversation is open. */
export function HomeSidebar({ at, channel, ready, onSwitch }: { at: Route["at"]; channel: string | null; ready: boolean; onSwitch: () => void }) {
  return (
    <nav tabIndex={-1} aria-label="Beep">
      <div className="sidebar-top"><Wordmark /></div>
      {ready ? (
        <>
          <ul className="channels">
            <li><Link href={paths.home} aria-current={at === "home" ? "page" : undefined}><Icon name="home" small /> <span>{t("home")}</span></Link></li>
            <li><Link href={paths.discover} aria-current={at === "discover" ? "page" : undefined}><Icon name="discover" small /> <span>{t("discover.title")}</span></Link></li>
            <li><button type="button" onClick={onSwitch}><Icon name="search" small /> <span>{t("switcher.title")}</span></button></li>
            <li><FriendsLink open={at === "friends"} /></li>
          </ul>
          <PrivateList open={channel} />
        </>
      ) : <Skeleton rows={6} />}
    </nav>
  );
}

function FriendsLink({ open }: { open: boolean }) {
  const requests = useFriendList("incoming").rows.length;
  return (
    <Link href={paths.friends()} aria-label={friendsLabel(requests)} aria-current={open ? "page" : undefined}>
      <Icon name="people" small /> <span>{t("friends.title")}</span> <Badge count={requests} />
    </Link>
  );
}
