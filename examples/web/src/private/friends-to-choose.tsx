import type { ReactNode } from "react";
import { t } from "../i18n";
import { paths } from "../router";
import { explainFailure } from "../store/failure";
import { useChatView, useFriendList } from "../store/hooks";
import type { FriendRow } from "../store/objects";
import { EmptyState } from "../ui/empty-state";
import { Link } from "../ui/link";
import { Skeleton } from "../ui/skeleton";

/** One's friends without some, once they are read; or the way to friends, if there are none. */
export function FriendsToChoose({ without = [], onLeave, children }: { without?: readonly string[]; onLeave: () => void; children: (friends: readonly FriendRow[]) => ReactNode }) {
  const { me } = useChatView();
  const { rows, status } = useFriendList("friends");
  const friends = rows.filter(({ user }) => !without.includes(user));
  if (friends.length > 0) return children(friends);
  if (status.failure !== null && !status.is_loaded) return <p role="alert" className="problem">{explainFailure(status.failure, me?.id ?? "")}</p>;
  if (!status.is_loaded) return <Skeleton rows={3} shape="person" />;
  return (
    <EmptyState icon="people" level={3} title={t(rows.length > 0 ? "group.add.none" : "friends.none")}>
      <p>{t("picker.none.text")}</p>
      <Link className="button primary" href={paths.friends("add")} onClick={onLeave}>{t("friends.add")}</Link>
    </EmptyState>
  );
}
