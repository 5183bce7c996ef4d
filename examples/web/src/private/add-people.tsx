import { useState } from "react";
import { friendName } from "../friends/sort";
import { t } from "../i18n";
import { useChat } from "../store/hooks";
import type { FriendRow } from "../store/objects";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { explainContact } from "./explain";
import { FriendsToChoose } from "./friends-to-choose";
import { usePrivateName } from "./hooks";
import type { Private } from "./name";
import { PeoplePicker } from "./people-picker";

type Group = Private & { readonly id: string };

/** Adds friends to a group, who then see all that was said in it. */
export function AddPeople({ channel, onClose }: { channel: Group; onClose: () => void }) {
  const group = usePrivateName(channel);
  // As it was when it opened: who is added stays in the list until all are.
  const [present] = useState(channel.participants);
  return (
    <Dialog title={t("group.add.to", { group })} onClose={onClose}>
      <FriendsToChoose without={present} onLeave={onClose}>{(friends) => <Form channel={channel} friends={friends} onClose={onClose} />}</FriendsToChoose>
    </Dialog>
  );
}

function Form({ channel, friends, onClose }: { channel: Group; friends: readonly FriendRow[]; onClose: () => void }) {
  const { conversations } = useChat().client;
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [trying, setTrying] = useState<FriendRow | null>(null);
  const { run, busy, error, setError } = useAction();
  const add = async () => {
    for (const user of chosen) {
      setTrying(friends.find((friend) => friend.user === user) ?? null);
      await conversations.add({ channel: channel.id, user });
      // Who is in it is not tried again if somebody after them is refused.
      setChosen((rest) => rest.filter((one) => one !== user));
    }
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); if (chosen.length > 0) run(add, onClose); }}>
      <PeoplePicker friends={friends} chosen={chosen} most={Math.max(0, MOST - channel.participants.length)} onChange={(next) => { setChosen(next); setError(null); }} />
      <p className="hint">{t("group.add.hint")}</p>
      <div role="alert" className="problem-place">{error && trying && <p className="problem">{explainContact(error, trying.user, friendName(trying))}</p>}</div>
      <footer>
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" look="primary" busy={busy} disabled={chosen.length === 0 && !busy}>{t("group.add.submit")}</Button>
      </footer>
    </form>
  );
}

/** People in a group. */
const MOST = 50;
