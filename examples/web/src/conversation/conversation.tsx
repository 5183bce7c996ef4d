import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { t } from "../i18n";
import type { Channel, KnownServer } from "../sdk";
import { useChat, useChatView, usePermissionsIn, useTimeline } from "../store/hooks";
import { ChannelForm } from "../server/channel-form";
import { Icon } from "../ui/icon";
import { VirtualList, type ListHandle } from "../virtual/virtual-list";
import { Announcer } from "./announcer";
import { Composer } from "./composer";
import { placeOf } from "./group";
import { MessageRow, OutgoingRow } from "./message-row";
import { PinsDialog } from "./pins-dialog";

/** A channel's history and what is being said. Keyed by channel: each has a fresh one. */
export function Conversation({ known, channel, menu, onMembers }: { known: KnownServer; channel: Channel; menu: ReactNode; onMembers: () => void }) {
  const chat = useChat();
  const { me } = useChatView();
  const held = usePermissionsIn(known, channel.id);
  const timeline = useMemo(() => chat.timeline(channel.id), [chat, channel.id]);
  const { messages, outgoing, status, hasOlder } = useTimeline(timeline);
  const [editing, setEditing] = useState<string | null>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [current, setCurrent] = useState<string | null>(null);
  const [changing, setChanging] = useState(false);
  const [showingPins, setShowingPins] = useState(false);
  const [goal, setGoal] = useState<string | null>(null);
  const list = useRef<ListHandle>(null);
  const composer = useRef<HTMLTextAreaElement>(null);
  useEffect(() => timeline.open(), [timeline]);
  // After the dialog has given the focus back.
  useEffect(() => {
    if (goal === null) return;
    list.current?.reveal(goal);
    setGoal(null);
  }, [goal]);

  const keys = useMemo(() => [...messages.map(({ id }) => id), ...outgoing.map(({ nonce }) => nonce)], [messages, outgoing]);
  const maySend = held.includes("send_messages");
  // In a private conversation every participant may.
  const mayPin = held.includes(channel.kind === "text" ? "manage_messages" : "send_messages");

  const stopEditing = useCallback(() => {
    setEditing(null);
    composer.current?.focus();
  }, []);
  const editLast = useCallback(() => {
    const own = messages.findLast(({ author, sealed }) => author === me?.id && sealed === null);
    if (own && maySend) setEditing(own.id);
  }, [messages, me, maySend]);

  const render = (key: string, index: number) => {
    const message = messages[index];
    const before = messages[index - 1];
    if (message) {
      return (
        <MessageRow
          known={known}
          timeline={timeline}
          message={message}
          place={placeOf(message, before)}
          mine={message.author === me?.id}
          mayEdit={message.author === me?.id && message.sealed === null && maySend}
          mayPin={mayPin}
          mayDelete={message.author === me?.id || held.includes("manage_messages")}
          current={key === current}
          onCurrent={setCurrent}
          editing={key === editing}
          onEdit={setEditing}
          onEdited={stopEditing}
        />
      );
    }
    const waiting = outgoing[index - messages.length];
    const last: { author: string | null; created_at: string } | undefined =
      index > messages.length ? { author: me?.id ?? "", created_at: outgoing[index - messages.length - 1]?.created_at ?? "" } : messages.at(-1);
    return waiting && <OutgoingRow known={known} timeline={timeline} outgoing={waiting} me={me?.id ?? ""} place={placeOf({ author: me?.id ?? "", created_at: waiting.created_at }, last)} />;
  };

  /** Arrow keys go from message to message; from the list itself, up to the last one in view. */
  const walk = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target instanceof HTMLTextAreaElement || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    const onList = event.target === event.currentTarget;
    if (step === 0 || (onList && step > 0)) return;
    const key = onList ? list.current?.lastInView() : keys[keys.indexOf(current ?? "") + step];
    if (key === undefined || key === null) return;
    event.preventDefault();
    setCurrent(key);
    list.current?.focusRow(key);
  };

  return (
    <div className="conversation">
      <header className="bar">
        {menu}
        <Icon name="hash" />
        <h1>{channel.name}</h1>
        {channel.topic && <p className="topic" title={channel.topic}>{channel.topic}</p>}
        <span className="grow" />
        <button type="button" className="icon-button" aria-label={t("pins.title")} title={t("pins.title")} onClick={() => setShowingPins(true)}><Icon name="pin" /></button>
        {held.includes("manage_channels") && (
          <button type="button" className="icon-button" aria-label={t("channel.settings")} title={t("channel.settings")} onClick={() => setChanging(true)}><Icon name="settings" /></button>
        )}
        <button type="button" className="icon-button members-button" aria-label={t("members.title")} title={t("members.title")} onClick={onMembers}><Icon name="people" /></button>
      </header>
      <VirtualList
        keys={keys}
        render={render}
        label={t("conversation.label", { channel: channel.name ?? "" })}
        handle={list}
        onNearStart={timeline.loadOlder}
        onAtEnd={setAtEnd}
        onKeyDown={walk}
        lead={<Lead status={status} hasOlder={hasOlder} empty={keys.length === 0} channel={channel} onRetry={timeline.reload} />}
      />
      <Announcer known={known} channel={channel.id} />
      <div className="foot">
        {!atEnd && (
          <button type="button" className="button newest" onClick={() => list.current?.scrollToEnd()}><Icon name="down" /> {t("conversation.newest")}</button>
        )}
        <Composer
          field={composer}
          channel={channel}
          muted={known.member.muted_until}
          maySend={maySend}
          onSend={(content) => {
            timeline.send(content);
            list.current?.scrollToEnd();
          }}
          onEditLast={editLast}
        />
      </div>
      {showingPins && (
        <PinsDialog
          known={known}
          timeline={timeline}
          mayPin={mayPin}
          onJump={(message) => {
            setShowingPins(false);
            setGoal(message);
          }}
          onClose={() => setShowingPins(false)}
        />
      )}
      {changing && <ChannelForm known={known} channel={channel} onClose={() => setChanging(false)} />}
    </div>
  );
}

function Lead({ status, hasOlder, empty, channel, onRetry }: { status: string; hasOlder: boolean; empty: boolean; channel: Channel; onRetry: () => void }) {
  if (status === "failed") {
    return <p className="lead" role="alert">{t("conversation.failed")} <button type="button" className="button" onClick={onRetry}>{t("retry")}</button></p>;
  }
  if (status === "loading" || status === "empty") return <p className="lead" role="status">{t("conversation.loading")}</p>;
  if (hasOlder) return <p className="lead" />;
  return (
    <div className="lead begin">
      <h2>{t("conversation.begin", { channel: channel.name ?? "" })}</h2>
      <p>{channel.topic || (empty ? t("conversation.empty") : t("conversation.begin.text"))}</p>
    </div>
  );
}
