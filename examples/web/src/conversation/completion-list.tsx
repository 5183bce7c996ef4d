import { useEffect, useMemo, useState } from "react";
import { loadEmoji, emojiNow, type Emoji } from "../emoji/emoji";
import { skinTone } from "../emoji/favourites";
import { searched, skinned } from "../emoji/search";
import { t } from "../i18n";
import { handleOf, type Channel, type KnownServer, type Role } from "../sdk";
import { TintedName } from "../server/role-dot";
import { nameOfMember, useMemberSearch } from "../server/search";
import { serverOf, useChannels, useChatView, useDenied, useProfiles } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { ranked, type Asked } from "./completion";

export type Candidate =
  | { readonly kind: "member"; readonly key: string; readonly name: string; readonly handle: string; readonly color: number | null }
  | { readonly kind: "role"; readonly key: string; readonly role: Role }
  | { readonly kind: "everyone"; readonly key: string }
  | { readonly kind: "channel"; readonly key: string; readonly channel: Channel }
  | { readonly kind: "emoji"; readonly key: string; readonly emoji: Emoji };

/** What is written in place of the unfinished name. */
export function writtenFor(candidate: Candidate): string {
  switch (candidate.kind) {
    case "member":
      return `@${candidate.handle} `;
    case "role":
      return `@${candidate.role.name} `;
    case "everyone":
      return "@everyone ";
    case "channel":
      return `#${candidate.channel.name ?? ""} `;
    case "emoji":
      return `${skinned(candidate.emoji, skinTone())} `;
  }
}

/** Who and what an unfinished name may be, the best first. `recent`: who spoke here, the last one first. */
export function useCandidates(known: KnownServer | null, channel: Channel, asked: Asked | null, recent: readonly string[]): readonly Candidate[] {
  const trigger = asked?.trigger ?? null;
  const query = asked?.query ?? "";
  const people = usePeople(known, channel, trigger === "@" ? query : "");
  const channels = useChannels(serverOf(known));
  const many = useDenied({ action: "mention_everyone", channel: channel.id }) === null && known !== null;
  const roles = known?.roles;
  const emoji = useEmoji(trigger === ":");
  return useMemo((): readonly Candidate[] => {
    switch (trigger) {
      case null:
        return [];
      case ":":
        return searched(query, emoji, MOST).map((one) => ({ kind: "emoji", key: one.unicode, emoji: one }));
      case "#":
        return ranked(query, channels.filter(({ name }) => NAMEABLE.test(name ?? "")), ({ name }) => [name ?? ""], MOST).map((one) => ({ kind: "channel", key: one.id, channel: one }));
      case "@": {
        const place = (user: string) => {
          const at = recent.indexOf(user);
          return at < 0 ? recent.length : at;
        };
        const sorted = [...people].sort((a, b) => place(a.key) - place(b.key));
        const nameable = (roles ?? []).filter((role) => !role.everyone && (many || role.mentionable) && NAMEABLE.test(role.name)).map((role): Candidate => ({ kind: "role", key: role.id, role }));
        const all: Candidate[] = [...sorted, ...nameable, ...(many ? [{ kind: "everyone", key: "everyone" } as const] : [])];
        return ranked(query, all, namesOf, MOST);
      }
    }
  }, [trigger, query, people, channels, many, emoji, recent, roles]);
}

/** Who can be named: the members of the server, or who takes part in a private conversation. */
function usePeople(known: KnownServer | null, { participants }: Channel, query: string): readonly Candidate[] {
  const { me } = useChatView();
  const { members } = useMemberSearch(known, query);
  const profiles = useProfiles(participants);
  const roles = known?.roles;
  return useMemo(() => {
    const domain = me?.domain ?? "";
    if (roles === undefined) return profiles.map((profile): Candidate => ({ kind: "member", key: profile.id, name: profile.display_name ?? profile.username, handle: handleOf(profile, domain), color: null }));
    return members.flatMap((member): Candidate[] => {
      if (!member.profile) return [];
      const color = roles.find((role) => role.color !== null && member.roles.includes(role.id))?.color ?? null;
      return [{ kind: "member", key: member.user, name: nameOfMember(member), handle: handleOf(member.profile, domain), color }];
    });
  }, [members, profiles, roles, me]);
}

function namesOf(candidate: Candidate): readonly string[] {
  switch (candidate.kind) {
    case "member":
      return [candidate.name, candidate.handle];
    case "role":
      return [candidate.role.name];
    case "everyone":
      return ["everyone"];
    default:
      return [];
  }
}

function useEmoji(wanted: boolean): readonly Emoji[] {
  const [emoji, setEmoji] = useState<readonly Emoji[]>(emojiNow() ?? []);
  useEffect(() => {
    if (wanted) loadEmoji().then(setEmoji, () => {});
  }, [wanted]);
  return emoji;
}

/** The list over the composer. The focus stays in the field, which says which one is meant. */
export function CompletionList({ id, candidates, at, onPoint, onChoose }: {
  id: string;
  candidates: readonly Candidate[];
  at: number;
  onPoint: (at: number) => void;
  onChoose: (candidate: Candidate) => void;
}) {
  useEffect(() => {
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [id, at]);
  return (
    <ul id={id} className="completion" role="listbox" aria-label={t("completion.label")}>
      {candidates.map((candidate, index) => (
        // Pressed, not clicked: the field keeps the focus.
        <li key={candidate.key} id={`${id}-${index}`} role="option" aria-selected={index === at} onPointerMove={() => onPoint(index)} onMouseDown={(event) => { event.preventDefault(); onChoose(candidate); }}>
          <Line candidate={candidate} />
        </li>
      ))}
    </ul>
  );
}

function Line({ candidate }: { candidate: Candidate }) {
  switch (candidate.kind) {
    case "member":
      return <><Avatar id={candidate.key} name={candidate.name} size="small" /><TintedName color={candidate.color} className="line">{candidate.name}</TintedName> <small><Name className="line">{`@${candidate.handle}`}</Name></small></>;
    case "role":
      return <><Icon name="shield" /><TintedName color={candidate.role.color} className="line">{candidate.role.name}</TintedName> <small>{t("completion.role")}</small></>;
    case "everyone":
      return <><Icon name="people" /><span>@everyone</span> <small>{t("completion.everyone")}</small></>;
    case "channel":
      return <><Icon name="hash" /><Name className="line">{candidate.channel.name ?? ""}</Name></>;
    case "emoji":
      return <><span className="completion-emoji">{skinned(candidate.emoji, skinTone())}</span><span className="line">{candidate.emoji.names[0] ? `:${candidate.emoji.names[0]}:` : candidate.emoji.label}</span></>;
  }
}

/** Names that can be written without a blank. */
const NAMEABLE = /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.-]*$/u;
const MOST = 8;
