/** What one chooses in the overrides of a channel, saved one request after the other; nothing chosen meanwhile is lost. */
import { useEffect, useRef, useState } from "react";
import type { BeepError, Channel, Permission } from "../sdk";
import { useChat } from "../store/hooks";
import { useAction } from "../ui/action";

export type State = "inherit" | "allow" | "deny";

interface Wish {
  readonly target: string;
  readonly permission: Permission;
  readonly state: State;
}

/** The states of all targets, `role:…` or `member:…`, as chosen or else as saved, and the way to choose. */
export function useWishes(told: Channel): { stateOf: (target: string, permission: Permission) => State; choose: (target: string, permission: Permission, state: State) => void; error: BeepError | null } {
  const { channels } = useChat().client;
  const [wishes, setWishes] = useState<readonly Wish[]>([]);
  /** The channel as the last request changed it, until the event tells the same. */
  const [answer, setAnswer] = useState<Channel | null>(null);
  const channel = answer !== null && answer.version > told.version ? answer : told;
  /** The version that a removal was based on, which is answered by nothing but the event of a later one. */
  const base = useRef<number | null>(null);
  const { run, busy, error, setError } = useAction();

  useEffect(() => {
    if (error === null) return;
    base.current = null;
    setWishes([]);
  }, [error]);
  useEffect(() => {
    if (busy || error !== null || base.current === channel.version) return;
    const open = wishes.filter(({ target, permission, state }) => savedState(channel, target, permission) !== state);
    if (open.length < wishes.length) return setWishes(open);
    const target = open[0]?.target;
    if (target === undefined) return;
    const sent = open.filter((wish) => wish.target === target);
    const { allow, deny } = merged(channel, target, sent);
    const [kind, id = ""] = target.split(/:(.*)/s);
    const where = { channel: channel.id, allow, deny, version: channel.version };
    run(async () => {
      if (allow.length === 0 && deny.length === 0) {
        base.current = channel.version;
        await (kind === "member" ? channels.deleteMemberOverride({ channel: channel.id, user: id }) : channels.deleteRoleOverride({ channel: channel.id, role: id }));
        return;
      }
      setAnswer(await (kind === "member" ? channels.putMemberOverride({ ...where, user: id }) : channels.putRoleOverride({ ...where, role: id })));
      setWishes((wishes) => wishes.filter((wish) => !sent.includes(wish)));
    });
  }, [channel, channels, wishes, busy, error, run]);

  return {
    error,
    stateOf: (target, permission) => wishes.find((wish) => wish.target === target && wish.permission === permission)?.state ?? savedState(channel, target, permission),
    choose: (target, permission, state) => {
      setError(null);
      setWishes((wishes) => [...wishes.filter((wish) => wish.target !== target || wish.permission !== permission), { target, permission, state }]);
    },
  };
}

function savedState(channel: Channel, target: string, permission: Permission): State {
  const saved = channel.overrides[target];
  return saved?.allow.includes(permission) ? "allow" : saved?.deny.includes(permission) ? "deny" : "inherit";
}

/** The override of a target with what is wished for it. */
function merged(channel: Channel, target: string, wishes: readonly Wish[]): { allow: Permission[]; deny: Permission[] } {
  const kept = (permission: Permission) => wishes.every((wish) => wish.permission !== permission);
  const wished = (state: State) => wishes.filter((wish) => wish.state === state).map(({ permission }) => permission);
  const saved = channel.overrides[target] ?? { allow: [], deny: [] };
  return { allow: [...saved.allow.filter(kept), ...wished("allow")], deny: [...saved.deny.filter(kept), ...wished("deny")] };
}
