import { useState } from "react";
import { t } from "../i18n";
import type { KnownServer, Member } from "../sdk";
import { useChat } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { DomainBadge } from "../ui/domain-badge";
import { Field } from "../ui/field";
import { Name } from "../ui/name";
import { nameOfMember, useMemberSearch } from "./search";

/** Finds a member by name, among all or those that are wanted, in a dialog. */
export function MemberChoice({ known, label, wanted = () => true, onChoose }: { known: KnownServer; label: string; wanted?: (member: Member) => boolean; onChoose: (member: Member) => void }) {
  const chat = useChat();
  const [query, setQuery] = useState("");
  const { members, searching } = useMemberSearch(known, query);
  const found = members.filter(wanted).slice(0, MOST);
  return (
    <div className="adder">
      <Field label={label} type="search" data-focus value={query} onChange={(event) => setQuery(event.target.value)} />
      <ul aria-label={t("overrides.found")}>
        {found.map((member) => (
          <li key={member.user}>
            <button type="button" onClick={() => { chat.people.put(member); onChoose(member); }}>
              <Avatar id={member.user} name={nameOfMember(member)} size="small" /><Name className="line">{nameOfMember(member)}</Name> <DomainBadge id={member.user} />
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="hint" role="status">{t(searching ? "loading" : "members.none")}</p>}
    </div>
  );
}

const MOST = 20;
