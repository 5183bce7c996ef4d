import { useState } from "react";
import { momentOf, t } from "../i18n";
import { isLong } from "../markdown/fold";
import { Markdown } from "../markdown/markdown";
import type { Message } from "../sdk";
import { Icon } from "../ui/icon";
import { useRows } from "./around";

/** What a message says; of a long one the beginning, until somebody wants the rest. */
export function Body({ id, message }: { id: string; message: Pick<Message, "content" | "sealed" | "edited_at"> }) {
  const { content, sealed, edited_at } = message;
  return (
    <div className="text" dir="auto">
      {sealed === null ? <Text id={id} text={content} /> : <em className="sealed"><Icon name="lock" small /> {t("message.sealed")}</em>}
      {edited_at && <small className="edited" title={momentOf(edited_at)}>{t("message.edited")}</small>}
    </div>
  );
}

function Text({ id, text }: { id: string; text: string }) {
  const { unfolded } = useRows();
  const [open, setOpen] = useState(unfolded.has(id));
  if (!isLong(text)) return <Markdown text={text} />;
  return (
    <>
      <div className={open ? undefined : "folded"}><Markdown text={text} /></div>
      <button
        type="button"
        className="text-button unfold"
        aria-expanded={open}
        onClick={() => {
          if (open) unfolded.delete(id);
          else unfolded.add(id);
          setOpen(!open);
        }}
      >
        {t(open ? "message.less" : "message.all")}
      </button>
    </>
  );
}
