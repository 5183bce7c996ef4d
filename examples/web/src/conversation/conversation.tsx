import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { t } from "../i18n";
import { ServerContext } from "../markdown/around";
import { navigate, paths, routeOf, usePath } from "../router";
import { PrivateBeginning } from "../private/title";
import { BeepError, homeOf, type Channel, type KnownServer, type Message } from "../sdk";
import { explainFailure } from "../store/failure";
import { serverOf, useChat, useChatView, useDenied, useObjects, useObserved, usePermissions, useWatched } from "../store/hooks";
import type { Outgoing, TimelineStatus } from "../store/objects";
import { explain } from "../ui/action";
import { Button } from "../ui/button";
import { ContextMenu, type MenuPlace } from "../ui/context-menu";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";
import { Announcer } from "./announcer";
import { RowsContext, type RowsAround } from "./around";
import { AskBar } from "./ask-bar";
import { Composer, EditComposer, type ComposerHandle } from "./composer";
import { ConversationBar } from "./conversation-bar";
import { DeleteDialog } from "./delete-dialog";
import { History, takeLostFocus, type HistoryHandle } from "./history";
import { entriesOf } from "./message-actions";
import { tried } from "./outgoing-row";
import { explainPin, PinsDialog } from "./pins-dialog";
import { explainReaction } from "./reactions";
import { placeAt, ReactionPicker } from "./reaction-picker";
import { ReactionsDialog } from "./reactions-dialog";
import { TypingLine } from "./typing-line";
import { useConversationKeys } from "./use-keys";

const InviteDialog = lazy(() => import("../server/invite-dialog").then(({ InviteDialog }) => ({ default: InviteDialog })));
const ChannelForm = lazy(() => import("../server/channel-form").then(({ ChannelForm }) => ({ default: ChannelForm })));
const ReportMessage = lazy(() => import("../report/report-message").then(({ ReportMessage }) => ({ default: ReportMessage })));
const AddPeople = lazy(() => import("../private/add-people").then(({ AddPeople }) => ({ default: AddPeople })));

/**
 * A channel: what was said in it, and where one says something. `known` is its server, and `null` for a private
 * conversation. Keyed by channel: each has a fresh one.
 */
export function Conversation({ known, channel, menu, onMembers }: { known: KnownServer | null; channel: Channel; menu: ReactNode; onMembers: () => void }) {
  const chat = useChat();
  const objects = useObjects();
  const { me } = useChatView();
  const self = me?.id ?? "";
  const open = useMemo(() => chat.timeline(channel.id), [chat, channel.id]);
  const { timeline } = open;
  const rows = useObserved(timeline);
  const status = useWatched(timeline.status);
  // A group everybody manages, but a name is all it has.
  const manages = useDenied({ action: "manage_channel", channel: channel.id }) === null && known !== null;
  const invites = usePermissions(known).includes("manage_invitations");
  const mayPin = useDenied({ action: "pin", channel: channel.id }) === null;
  const replying = useReplying(channel.id);
  // What was being changed when one left is still being changed.
  const [editing, setEditing] = useState<string | null>(() => objects.drafts.rows.find(({ place }) => place.channel === channel.id && place.edits !== null)?.place.edits ?? null);
  const [shown, setShown] = useState<"pins" | "settings" | "invite" | "add" | null>(null);
  const [asked, setAsked] = useState<{ message: Message; place: MenuPlace } | null>(null);
  const [reacting, setReacting] = useState<{ message: Message; place: MenuPlace } | null>(null);
  const [reactionsOf, setReactionsOf] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<Message | null>(null);
  const [reporting, setReporting] = useState<Message | null>(null);
  const history = useRef<HistoryHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  /** Whether what was just deleted was being changed, which began in the composer. */
  const wasChanged = useRef(false);
  const messages = useMemo(() => rows.flatMap((row) => (row.type === "message" ? [row.message] : [])), [rows]);
  const recent = useMemo(() => [...new Set([...messages].reverse().flatMap(({ author }) => (author === null || author === self ? [] : [author])))].slice(0, 20), [messages, self]);

  const failed = useCallback((cause: unknown) => {
    if (!(cause instanceof BeepError)) throw cause;
    toast(explain(cause, homeOf(channel.id)));
  }, [channel.id]);
  const leaveEditing = useCallback(() => {
    // In one step: between the two fields a space that somebody types would go nowhere.
    flushSync(() => setEditing(null));
    composer.current?.focus();
  }, []);

  const around = useMemo((): RowsAround => ({
    known,
    channel,
    me: self,
    unfolded: unfoldedOf(timeline),
    menu: (message, place) => setAsked({ message, place }),
    jump: (message) => history.current?.jump(message),
    reply: (message) => {
      setEditing(null);
      setTimeout(() => composer.current?.reply(message.id));
    },
    edit: (message) => setEditing(message.id),
    pin: (message, pinned) => {
      timeline.pin(message.id, pinned).catch((cause: unknown) => {
        if (!(cause instanceof BeepError)) throw cause;
        toast(explainPin(cause, channel.id));
      });
    },
    react: (message) => setReacting({ message, place: placeAt(message.id) }),
    reactWith: (message, emoji, reacts) => {
      timeline.react(message.id, emoji, reacts).catch((cause: unknown) => {
        if (!(cause instanceof BeepError)) throw cause;
        toast(explainReaction(cause, channel.id));
      });
    },
    reactions: (message) => setReactionsOf(message.id),
    markUnread: (message) => {
      const newer = timeline.status.value.has_newer ? undefined : timeline.rows.filter((row) => row.type === "message" && row.message.id >= message.id).length;
      objects.conversations.markUnread(channel.id, message.id, newer);
    },
    report: (message) => setReporting(message),
    delete: (message, sure) => {
      if (sure) timeline.delete(message.id).catch(failed);
      else setDeleting(message);
    },
    take: (outgoing: Outgoing) => tried(() => {
      const { content, reply_to } = objects.sendQueue.discard(outgoing.nonce);
      composer.current?.put(content, reply_to);
      leaveEditing();
    }),
  }), [known, channel, self, timeline, objects, failed, leaveEditing]);

  const editLast = useCallback(() => {
    const own = messages.findLast(({ author, sealed }) => author === self && sealed === null);
    if (!own || objects.denied({ action: "edit_message", channel: channel.id, author: self }) !== null) return;
    history.current?.show(own.id);
    setEditing(own.id);
  }, [messages, self, objects, channel.id]);

  useLinked(channel.id, history);
  useConversationKeys({
    composer: () => composer.current?.focus(),
    read: () => {
      history.current?.readAll();
      composer.current?.focus();
    },
    readServer: () => objects.conversations.markServerRead(channel.server_id),
    nextUnread: () => {
      const next = objects.conversations.nextUnread(channel.id);
      const found = next === null ? null : chat.client.state.channel(next);
      if (found) navigate(paths.channel(found.server_id, found.id));
    },
  });

  const lead = useMemo(
    () => <Lead status={status} isEmpty={rows.length === 0} channel={channel} onRetry={() => (timeline.rows.length === 0 ? timeline.jumpToNewest() : timeline.loadOlder())} onInvite={invites ? () => setShown("invite") : null} onSettings={manages ? () => setShown("settings") : null} />,
    [status, rows.length === 0, channel, timeline, invites, manages],
  );
  const shared = { known, channel, messages, recent, handle: composer };
  const shownReactions = reactionsOf === null ? null : (messages.find(({ id }) => id === reactionsOf) ?? null);
  return (
    <ServerContext value={known}>
      <RowsContext value={around}>
        <div className="conversation">
          <ConversationBar
            channel={channel}
            menu={menu}
            onPins={() => setShown("pins")}
            onSettings={manages ? () => setShown("settings") : null}
            onAdd={channel.kind === "group" ? () => setShown("add") : null}
            onPeople={channel.kind === "direct" ? null : onMembers}
          />
          <AskBar />
          <History open={open} handle={history} editing={editing} replying={replying} lead={lead} />
          <Announcer known={known} channel={channel.id} />
          <div className="foot">
            <TypingLine server={serverOf(known)} timeline={timeline} />
            {editing === null ? (
              <Composer {...shared} onEditLast={editLast} onSent={() => history.current?.toNewest()} />
            ) : (
              <EditComposer
                key={editing}
                {...shared}
                id={editing}
                message={messages.find(({ id }) => id === editing) ?? null}
                onDone={leaveEditing}
                onDelete={setDeleting}
              />
            )}
          </div>
          {asked && <ContextMenu label={t("message.actions")} place={asked.place} entries={entriesOf(asked.message, self, serverOf(known), objects, around)} onClose={() => setAsked(null)} />}
          {reacting && <ReactionPicker place={reacting.place} onChoose={(emoji) => around.reactWith(reacting.message, emoji, true)} onClose={() => setReacting(null)} />}
          {shownReactions && <ReactionsDialog known={known} timeline={timeline} message={shownReactions} onClose={() => setReactionsOf(null)} />}
          {deleting && (
            <DeleteDialog
              message={deleting}
              timeline={timeline}
              onDeleted={() => {
                wasChanged.current = deleting.id === editing;
                if (deleting.id === editing) {
                  objects.drafts.discard({ channel: channel.id, edits: editing });
                  setEditing(null);
                }
              }}
              onClose={() => {
                setDeleting(null);
                // What the dialog would give the focus back to may be gone with the message.
                setTimeout(() => {
                  if (wasChanged.current) composer.current?.focus();
                  else takeLostFocus();
                  wasChanged.current = false;
                }, RESTORED_MS);
              }}
            />
          )}
          {shown === "pins" && (
            <PinsDialog
              known={known}
              timeline={timeline}
              mayPin={mayPin}
              onJump={(message) => {
                setShown(null);
                // After the dialog has given the focus back.
                setTimeout(() => history.current?.jump(message));
              }}
              onClose={() => setShown(null)}
            />
          )}
          <Suspense>
            {shown === "settings" && known && <ChannelForm known={known} channel={channel} onClose={() => setShown(null)} />}
            {shown === "invite" && known && <InviteDialog known={known} onClose={() => setShown(null)} />}
            {reporting && <ReportMessage message={reporting} onClose={() => setReporting(null)} />}
            {shown === "add" && <AddPeople channel={channel} onClose={() => setShown(null)} />}
          </Suspense>
        </div>
      </RowsContext>
    </ServerContext>
  );
}

/** How long a dialog that closes takes to give the focus back. */
const RESTORED_MS = 50;

/** Which long texts were opened, for as long as the timeline is. */
const unfolded = new WeakMap<object, Set<string>>();

function unfoldedOf(timeline: object): Set<string> {
  let set = unfolded.get(timeline);
  if (!set) unfolded.set(timeline, (set = new Set()));
  return set;
}

/** The message that is being answered. */
function useReplying(channel: string): string | null {
  const { drafts } = useObjects();
  return useSyncExternalStore(useCallback((listener: () => void) => drafts.subscribe(listener), [drafts]), () => drafts.get({ channel, edits: null })?.reply_to ?? null);
}

/** Goes to the message that the address names. */
function useLinked(channel: string, history: React.RefObject<HistoryHandle | null>): void {
  const route = routeOf(usePath());
  const message = (route.at === "server" || route.at === "private") && route.channel === channel ? route.message : null;
  useEffect(() => {
    if (message !== null) history.current?.jump(message.split("@")[0] ?? message);
  }, [message, history]);
}

/** What stands above the first message: that more comes, that it cannot, or that here it began, and what one may do about that. */
function Lead({ status, isEmpty, channel, onRetry, onInvite, onSettings }: {
  status: TimelineStatus;
  isEmpty: boolean;
  channel: Channel;
  onRetry: () => void;
  onInvite: (() => void) | null;
  onSettings: (() => void) | null;
}) {
  if (status.failure !== null) {
    const text = t("conversation.failed.why", { reason: explainFailure(status.failure, channel.id) });
    // What is being loaded still is tried again by itself.
    return <p className="lead" role="alert">{text} {status.loading === null && <Button onClick={onRetry}>{t("retry")}</Button>}</p>;
  }
  if (!status.is_loaded) return isEmpty ? <Skeleton rows={6} shape="message" /> : <p className="lead" />;
  if (status.has_older) return <p className="lead" />;
  if (channel.server_id === null) return <PrivateBeginning channel={channel} />;
  return (
    <div className="lead begin">
      <span className="empty-mark"><Icon name="hash" /></span>
      <h2>{t("conversation.begin", { channel: channel.name ?? "" })}</h2>
      <p>{channel.topic ? <Name>{channel.topic}</Name> : isEmpty && t("conversation.empty")}</p>
      {(onInvite || onSettings) && (
        <div className="row">
          {onInvite && <Button icon="invite" onClick={onInvite}>{t("create.invite")}</Button>}
          {onSettings && <Button icon="edit" onClick={onSettings}>{t("channel.change")}</Button>}
        </div>
      )}
    </div>
  );
}
