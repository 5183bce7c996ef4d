import { useRef, useState, type KeyboardEvent } from "react";
import { Checkbox } from "react-aria-components/Checkbox";
import { GridList, GridListItem } from "react-aria-components/GridList";
import { byName, friendName, matching } from "../friends/sort";
import { locale, t } from "../i18n";
import { handleOf } from "../sdk";
import { useChatView } from "../store/hooks";
import type { FriendRow } from "../store/objects";
import { Avatar } from "../ui/avatar";
import { DomainBadge } from "../ui/domain-badge";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";

/**
 * Chooses some of one's friends. One searches and goes on with Enter, which takes the first that is found; arrows go
 * through the list. With nothing in the field, Enter is the form's.
 */
export function PeoplePicker({ friends, chosen, most, onChange }: {
  friends: readonly FriendRow[];
  chosen: readonly string[];
  /** How many at most. */
  most: number;
  onChange: (chosen: readonly string[]) => void;
}) {
  const { me } = useChatView();
  const [query, setQuery] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const found = matching(byName(friends, locale), query);
  const isFull = chosen.length >= most;
  const toggle = (user: string) => {
    if (chosen.includes(user)) onChange(chosen.filter((one) => one !== user));
    else if (!isFull) onChange([...chosen, user]);
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown") {
      event.preventDefault();
      list.current?.querySelector<HTMLElement>("[role=row]")?.focus();
    } else if (event.key === "Backspace" && query === "" && chosen.length > 0) {
      onChange(chosen.slice(0, -1));
    } else if (event.key === "Enter" && query !== "") {
      event.preventDefault();
      const first = found.find(({ user }) => !chosen.includes(user));
      if (!first) return;
      toggle(first.user);
      setQuery("");
    }
  };
  return (
    <div className="picker">
      {chosen.length > 0 && (
        <ul className="chips" aria-label={t("picker.chosen", { count: chosen.length })}>
          {chosen.map((user) => {
            const row = friends.find((friend) => friend.user === user);
            const name = row ? friendName(row) : "…";
            return (
              <li key={user} className="chip">
                <Name className="line">{name}</Name>
                <button type="button" aria-label={t("picker.drop", { name })} onClick={() => { toggle(user); field.current?.focus(); }}><Icon name="close" small /></button>
              </li>
            );
          })}
        </ul>
      )}
      <div className="search-field">
        <Icon name="search" small />
        <input ref={field} type="search" data-focus aria-label={t("friends.search")} placeholder={t("friends.search")} autoComplete="off" spellCheck={false} value={query} onChange={(event) => setQuery(event.target.value)} onKeyDown={onKey} />
      </div>
      <GridList
        ref={list}
        className="picker-list"
        aria-label={t("friends.title")}
        items={found.map((row) => ({ ...row, id: row.user }))}
        selectionMode="multiple"
        // Escape closes the dialog around.
        escapeKeyBehavior="none"
        selectedKeys={chosen}
        disabledKeys={isFull ? found.flatMap(({ user }) => (chosen.includes(user) ? [] : [user])) : []}
        onSelectionChange={(keys) => {
          const all = keys === "all" ? [...chosen, ...found.flatMap(({ user }) => (chosen.includes(user) ? [] : [user]))] : [...keys].map(String);
          onChange(all.slice(0, most));
        }}
        renderEmptyState={() => <p className="hint pad" role="status">{t("members.none")}</p>}
      >
        {(row) => (
          <GridListItem id={row.user} textValue={friendName(row)} className="picker-row">
            <Avatar id={row.user} name={friendName(row)} size="small" />
            <span className="line">
              <Name className="line">{friendName(row)}</Name> <DomainBadge id={row.user} />
              {row.profile && <small className="quiet"><Name className="line">{`@${handleOf(row.profile, me?.domain ?? row.profile.domain)}`}</Name></small>}
            </span>
            <Checkbox slot="selection" className="check-mark"><Icon name="check" small /></Checkbox>
          </GridListItem>
        )}
      </GridList>
      <p className="hint" role="status">{isFull && t("picker.full")}</p>
    </div>
  );
}
