import { useRef, useState } from "react";
import { t } from "../i18n";
import { handleIn } from "../server/handle";
import { useChatView, useObjects } from "../store/hooks";
import type { FriendRow } from "../store/objects";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy-button";
import { Field } from "../ui/field";
import { explainAsk } from "./explain";
import { friendName } from "./sort";

/** Asks somebody by their handle, and gives one's own to pass on. */
export function AddFriend() {
  const { friends } = useObjects();
  const { me } = useChatView();
  const [text, setText] = useState("");
  const [asked, setAsked] = useState<FriendRow | null>(null);
  const { run, busy, error, setError } = useAction();
  const field = useRef<HTMLInputElement>(null);
  if (me === null) return null;
  const own = `${me.username}@${me.domain}`;
  const handle = handleIn(text);
  const write = (text: string) => {
    setText(text);
    setAsked(null);
    setError(null);
  };
  const ask = async () => {
    const row = await friends.ask(handle);
    write("");
    setAsked(row);
  };
  return (
    <div className="add-friend">
      <form className="joined-row" onSubmit={(event) => { event.preventDefault(); if (handle !== "") run(ask, () => field.current?.focus()); }}>
        <Field
          ref={field}
          label={t("person.handle")}
          hint={t("person.handle.hint")}
          problem={error && explainAsk(error, handle, own)}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          readOnly={busy}
          value={text}
          onChange={(event) => write(event.target.value)}
        />
        <Button type="submit" look="primary" busy={busy} disabled={handle === ""}>{t("friends.add.submit")}</Button>
      </form>
      <div role="alert" className="hidden">{error && explainAsk(error, handle, own)}</div>
      <p role="status" className="done">{asked && t(asked.list === "friends" ? "friends.accepted" : "friends.asked", { name: friendName(asked) })}</p>
      <section className="own-handle">
        <h2>{t("friends.own")}</h2>
        <p className="quiet">{t("friends.own.text")}</p>
        <p className="own-handle-row"><code dir="ltr">{own}</code> <CopyButton text={own} look="plain" /></p>
      </section>
    </div>
  );
}
