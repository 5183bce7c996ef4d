import { memo } from "react";
import { t } from "../i18n";
import { explainUnsent } from "../private/explain";
import { BeepError } from "../sdk";
import { explainFailure } from "../store/failure";
import { useObjects, useWatched } from "../store/hooks";
import type { Outgoing } from "../store/objects";
import { explain } from "../ui/action";
import { Icon } from "../ui/icon";
import { toast } from "../ui/toast";
import { useRows } from "./around";
import { Beside, Head } from "./author";
import { Body } from "./body";
import type { Place } from "./group";
import { DayLine } from "./lines";

/** A message that has not arrived: it waits, is on its way, or was refused. */
export const OutgoingRow = memo(function OutgoingRow({ rowKey, outgoing, place, today, current, onStand }: {
  rowKey: string;
  outgoing: Outgoing;
  place: Place;
  today: string;
  current: boolean;
  onStand: (key: string) => void;
}) {
  const { known, me, take } = useRows();
  const message = { author: me, via: null, created_at: outgoing.queued_at };
  return (
    <>
      {place.startsDay && <DayLine time={outgoing.queued_at} today={today} />}
      <article className={place.startsGroup ? "message first" : "message"} data-row data-mine data-state={outgoing.state.type} tabIndex={current ? 0 : -1} onFocus={() => onStand(rowKey)}>
        {place.startsGroup ? <Head known={known} message={message} reachable={current} /> : <Beside known={known} message={message} />}
        <Body id={outgoing.nonce} message={{ content: outgoing.content, sealed: null, edited_at: null }} />
        <State outgoing={outgoing} onTake={() => take(outgoing)} />
      </article>
    </>
  );
});

function State({ outgoing: { nonce, channel, state }, onTake }: { outgoing: Outgoing; onTake: () => void }) {
  const { sendQueue, connection } = useObjects();
  const { known } = useRows();
  const { type: connected } = useWatched(connection);
  switch (state.type) {
    case "queued":
      if (connected === "offline") return <p className="waiting"><Icon name="clock" small /> {t("outgoing.waiting")}</p>;
      return <span className="hidden unselected">{t("message.sending")}</span>;
    case "sending":
      return <span className="hidden unselected">{t("message.sending")}</span>;
    case "waiting":
      return (
        <p className="waiting">
          <Icon name="clock" small /> {state.reason.code === null ? t("outgoing.waiting") : t("message.waits", { reason: explainFailure(state.reason, channel) })}{" "}
          <button type="button" className="text-button" onClick={() => tried(() => sendQueue.retry(nonce))}>{t("outgoing.now")}</button>{" "}
          <button type="button" className="text-button" onClick={onTake}>{t("outgoing.edit")}</button>
        </p>
      );
    case "failed":
      return (
        <p className="failure" role="alert">
          <Icon name="warning" small /> {t("message.failed", { reason: known === null ? explainUnsent(state.reason, channel) : explainFailure(state.reason, channel) })}{" "}
          <button type="button" className="text-button" onClick={() => tried(() => sendQueue.retry(nonce))}>{t("retry")}</button>{" "}
          <button type="button" className="text-button" onClick={onTake}>{t("outgoing.edit")}</button>{" "}
          <Discard nonce={nonce} />
        </p>
      );
  }
}

function Discard({ nonce }: { nonce: string }) {
  const { sendQueue } = useObjects();
  const discard = () => tried(() => {
    const { channel, content, reply_to } = sendQueue.discard(nonce);
    toast(t("outgoing.dropped"), () => tried(() => void sendQueue.send(channel, content, reply_to)));
  });
  return <button type="button" className="text-button" onClick={discard}>{t("message.discard")}</button>;
}

/** What the queue refuses is told: it may have been sent meanwhile. */
export function tried(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof BeepError)) throw error;
    toast(error.code === "may_be_sent" ? t("outgoing.may_be_sent") : explain(error));
  }
}
