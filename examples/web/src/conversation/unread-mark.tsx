/** What waits in a channel or server, for who sees the lists and for who hears them. They stand within the links. */
import { t } from "../i18n";
import { useChannelRow, useHasDraft, useServerRows } from "../store/unread";
import { Badge } from "../ui/badge";
import { Icon } from "../ui/icon";

/**
 * In the link of a channel, behind its name: that something is new, how many messages are for oneself, and that something is
 * being written. In a private conversation all are.
 */
export function ChannelMark({ server, channel }: { server: string | null; channel: string }) {
  const row = useChannelRow(server, channel);
  const draft = useHasDraft(channel);
  const { unread = 0, mentions = 0, muted = false } = row ?? {};
  return (
    <>
      {muted && <span className="mute-mark"><Icon name="mute" small /><span className="hidden">, {t("unread.muted")}</span></span>}
      {draft && <span className="draft-mark"><Icon name="edit" small /><span className="hidden">, {t("unread.draft")}</span></span>}
      {unread > 0 && <span className="unread-mark" data-muted={muted || undefined}><Badge count={mentions} /><span className="hidden">, {words(unread, server === null ? 0 : mentions)}</span></span>}
    </>
  );
}

/** In the link of a server. */
export function ServerMark({ server }: { server: string }) {
  const { unread_channels = 0, mentions = 0 } = useServerRows().find(({ id }) => id === server) ?? {};
  return unread_channels > 0 && <span className="unread-mark" data-server><Badge count={mentions} /></span>;
}

/** What is said of a server beside its name; empty if nothing waits. */
export function useServerWords(server: string): string {
  const { unread_channels = 0, mentions = 0 } = useServerRows().find(({ id }) => id === server) ?? {};
  if (unread_channels === 0) return "";
  return mentions > 0 ? `${t("unread.channels", { count: unread_channels })}, ${t("unread.mentions", { count: mentions })}` : t("unread.channels", { count: unread_channels });
}

function words(unread: number, mentions: number): string {
  return mentions > 0 ? `${t("unread.count", { count: unread })}, ${t("unread.mentions", { count: mentions })}` : t("unread.count", { count: unread });
}
