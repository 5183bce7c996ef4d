import { useState } from "react";
import { friendName } from "../friends/sort";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import { useChat } from "../store/hooks";
import type { FriendRow } from "../store/objects";
import { fieldProblem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { directWith } from "./direct";
import { explainContact, explainGroup } from "./explain";
import { FriendsToChoose } from "./friends-to-choose";
import { PeoplePicker } from "./people-picker";

/** Begins a conversation: with one friend the direct one, with several a new group. */
export function NewMessage({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("private.new")} onClose={onClose}>
      <FriendsToChoose onLeave={onClose}>{(friends) => <Form friends={friends} onClose={onClose} />}</FriendsToChoose>
    </Dialog>
  );
}

function Form({ friends, onClose }: { friends: readonly FriendRow[]; onClose: () => void }) {
  const chat = useChat();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [name, setName] = useState("");
  const { run, busy, error, setError } = useAction();
  const [first] = chosen;
  const isGroup = chosen.length > 1;
  const group = async () => {
    const made = await chat.client.conversations.open({ kind: "group", users: [...chosen], ...(name.trim() !== "" && { name: name.trim() }) });
    return paths.channel(null, made.id);
  };
  const open = async (partner: string) => {
    const path = await (isGroup ? group() : directWith(chat, partner));
    onClose();
    // After the dialog has given the focus back: where one goes takes it.
    setTimeout(() => navigate(path), RESTORED_MS);
  };
  const partner = friends.find(({ user }) => user === first);
  const wrongName = fieldProblem(error, "name");
  const problem = error === null || wrongName !== null ? null : isGroup || !partner ? explainGroup(error) : explainContact(error, partner.user, friendName(partner));
  return (
    <form onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); if (first !== undefined) run(() => open(first)); }}>
      <PeoplePicker friends={friends} chosen={chosen} most={MOST_OTHERS} onChange={(next) => { setChosen(next); setError(null); }} />
      {isGroup && <Field label={t("group.name")} hint={t("group.name.new")} problem={wrongName} autoComplete="off" maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
      <div role="alert" className="problem-place">{problem !== null && <p className="problem">{problem}</p>}</div>
      <footer>
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" look="primary" busy={busy} disabled={first === undefined}>{t(isGroup ? "group.create" : "private.open")}</Button>
      </footer>
    </form>
  );
}

/** A group has 50 people, oneself among them. */
const MOST_OTHERS = 49;
/** How long a dialog that closes takes to give the focus back. */
const RESTORED_MS = 50;
