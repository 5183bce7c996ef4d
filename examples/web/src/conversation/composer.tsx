import { useState, type RefObject } from "react";
import { momentOf, t } from "../i18n";
import type { Channel } from "../sdk";
import { Icon } from "../ui/icon";
import { Growing } from "./growing";

/** Where one says something; where one may not, it says why. What is written stays when that changes. */
export function Composer({ field, channel, maySend, muted, onSend, onEditLast }: {
  field: RefObject<HTMLTextAreaElement | null>;
  channel: Channel;
  maySend: boolean;
  muted: string | null;
  onSend: (content: string) => void;
  onEditLast: () => void;
}) {
  const [text, setText] = useState("");
  const send = () => {
    const content = text.trim();
    if (content === "" || !maySend) return;
    setText("");
    onSend(content);
  };
  const isMuted = muted !== null && Date.parse(muted) > Date.now();
  const why = isMuted ? t("composer.muted", { time: momentOf(muted) }) : t("composer.denied");
  return (
    <form className="composer" onSubmit={(event) => { event.preventDefault(); send(); field.current?.focus(); }}>
      <div className="composer-box">
        <Growing
          field={field}
          label={t("composer.label", { channel: channel.name ?? "" })}
          placeholder={t("composer.label", { channel: channel.name ?? "" })}
          describedBy="composer-hint"
          disabled={!maySend}
          value={text}
          onChange={setText}
          onEnter={send}
          onArrowUp={onEditLast}
        />
        <button type="submit" className="icon-button" aria-label={t("composer.send")} title={t("composer.send")} disabled={!maySend || text.trim() === ""}><Icon name="send" /></button>
      </div>
      <p id="composer-hint" className="hint" role="status">
        {!maySend ? why : channel.slow_mode_s > 0 ? t("composer.slow", { count: channel.slow_mode_s }) : ""}
      </p>
    </form>
  );
}
