import { useEffect, useMemo, useState } from "react";
import { loadEmoji, emojiNow, type Emoji } from "../emoji/emoji";
import { skinTone } from "../emoji/favourites";
import { searched, skinned } from "../emoji/search";
import { t } from "../i18n";
import { handleOf, type Channel, type KnownServer, type Member, type Role } from "../sdk";
import { TintedName } from "../server/role-dot";
import { nameOfMember, useMemberSearch } from "../server/search";
import { useChannels, useChatView, useDenied } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { ranked, type Asked } from "./completion";

export type Candidate =
  | { readonly kind: "member"; readonly key: string; readonly member: Member; readonly handle: string; readonly color: number | null }
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
export function useCandidates(known: KnownServer, channel: string, asked: Asked | null, recent: readonly string[]): readonly Candidate[] {
  const { me } = useChatView();
  const trigger = asked?.trigger ?? null;
  const query = asked?.query ?? "";
  const { members } = useMemberSearch(known, trigger === "@" ? query : "");
  const channels = useChannels(known.server.id);
  const many = useDenied({ action: "mention_everyone", channel }) === null;
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
        const sorted = [...members].sort((a, b) => place(a.user) - place(b.user));
        const people = sorted.flatMap((member): Candidate[] => {
          if (!member.profile) return [];
          const color = known.roles.find((role) => role.color !== null && member.roles.includes(role.id))?.color ?? null;
          return [{ kind: "member", key: member.user, member, handle: handleOf(member.profile, me?.domain ?? ""), color }];
        });
        const roles = known.roles.filter((role) => !role.everyone && (many || role.mentionable) && NAMEABLE.test(role.name)).map((role): Candidate => ({ kind: "role", key: role.id, role }));
        const all: Candidate[] = [...people, ...roles, ...(many ? [{ kind: "everyone", key: "everyone" } as const] : [])];
        return ranked(query, all, namesOf, MOST);
      }
    }
  }, [trigger, query, members, channels, many, emoji, recent, known.roles, me]);
}

function namesOf(candidate: Candidate): readonly string[] {
  switch (candidate.kind) {
    case "member":
      return [nameOfMember(candidate.member), candidate.handle];
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
    case "member": {
      const name = nameOfMember(candidate.member);
      return <><Avatar id={candidate.member.user} name={name} size="small" /><TintedName color={candidate.color} className="line">{name}</TintedName> <small><Name className="line">{`@${candidate.handle}`}</Name></small></>;
    }
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
