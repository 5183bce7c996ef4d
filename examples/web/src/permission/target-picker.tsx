import { useState, type ReactNode } from "react";
import { t } from "../i18n";
import type { Channel, KnownServer, Member } from "../sdk";
import { nameOfMember, useMemberSearch } from "../server/search";
import { RoleDot } from "../server/role-dot";
import { useChat, useName } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Name } from "../ui/name";

/** Whom the overrides of a channel are for: those who have some, and whoever is added, of all roles and all members. */
export function TargetPicker({ known, channel, target, onPick, children }: {
  known: KnownServer;
  channel: Channel;
  target: string;
  onPick: (target: string, member: Member | null) => void;
  /** Stands beside what adds somebody. */
  children: ReactNode;
}) {
  const [adding, setAdding] = useState(false);
  const having = Object.keys(channel.overrides);
  const everyone = known.roles.find((role) => role.everyone);
  const targets = [...new Set([`role:${everyone?.id ?? ""}`, ...known.roles.map(({ id }) => `role:${id}`).filter((one) => having.includes(one)), ...having.filter((one) => one.startsWith("member:")), target])];
  return (
    <div className="targets">
      <div role="radiogroup" aria-label={t("overrides.for")}>
        {targets.map((one) => <Target key={one} known={known} target={one} chosen={one === target} onPick={() => onPick(one, null)} />)}
      </div>
      {adding ? <Adder known={known} have={targets} onPick={(one, member) => { setAdding(false); onPick(one, member); }} /> : <Button icon="plus" onClick={() => setAdding(true)}>{t("overrides.add")}</Button>}
      {children}
    </div>
  );
}

function Target({ known, target, chosen, onPick }: { known: KnownServer; target: string; chosen: boolean; onPick: () => void }) {
  const role = known.roles.find(({ id }) => `role:${id}` === target);
  return (
    <label className="target">
      <input type="radio" name="override-target" checked={chosen} onChange={onPick} />
      {role ? <><RoleDot color={role.color} /><Name className="line">{role.name}</Name></> : <Person known={known} user={target.replace(/^member:/, "")} />}
    </label>
  );
}

function Person({ known, user }: { known: KnownServer; user: string }) {
  const name = useName(known.server.id, user);
  return <><Avatar id={user} name={name} size="small" /><Name className="line">{name}</Name></>;
}

function Adder({ known, have, onPick }: { known: KnownServer; have: readonly string[]; onPick: (target: string, member: Member | null) => void }) {
  const chat = useChat();
  const [query, setQuery] = useState("");
  const { members } = useMemberSearch(known, query);
  const q = query.trim().toLowerCase();
  const roles = known.roles.filter(({ id, name }) => !have.includes(`role:${id}`) && name.toLowerCase().includes(q));
  const people = members.filter(({ user }) => !have.includes(`member:${user}`)).slice(0, MOST);
  return (
    <div className="adder" data-escape>
      <Field label={t("overrides.search")} type="search" autoFocus value={query} onChange={(event) => setQuery(event.target.value)} />
      <ul aria-label={t("overrides.found")}>
        {roles.map((role) => <li key={role.id}><button type="button" onClick={() => onPick(`role:${role.id}`, null)}><RoleDot color={role.color} /><Name className="line">{role.name}</Name></button></li>)}
        {people.map((member) => (
          <li key={member.user}>
            <button type="button" onClick={() => { chat.people.put(member); onPick(`member:${member.user}`, member); }}><Avatar id={member.user} name={nameOfMember(member)} size="small" /><Name className="line">{nameOfMember(member)}</Name></button>
          </li>
        ))}
      </ul>
    </div>
  );
}

const MOST = 20;
