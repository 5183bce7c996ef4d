import { useEffect, useRef, useState } from "react";
import { t } from "../i18n";
import { permissions, type KnownServer, type Permission } from "../sdk";
import { MemberChoice } from "../server/member-choice";
import { useChannel, useChat, useName } from "../store/hooks";
import { Problem } from "../ui/action";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { Skeleton } from "../ui/skeleton";
import { explainBecause } from "./because";
import { IN_CHANNEL, allGroups } from "./groups";
import { permissionName } from "./name";
import { PlaceSelect } from "./place-select";
import { useExplained } from "./use-explained";

/** What a member may do, each with why or why not: in the server, or in a channel. Without a `user` one chooses one first. */
export function PermissionsOf({ known, user = null, channel = null, onClose }: { known: KnownServer; user?: string | null; channel?: string | null; onClose: () => void }) {
  const [chosen, choose] = useState(user);
  const name = useName(known.server.id, chosen ?? known.member.user);
  return (
    <Dialog title={chosen === null ? t("permissions.of.member") : t("permissions.of", { name })} onClose={onClose} wide>
      {chosen === null ? <MemberChoice known={known} label={t("members.search")} onChoose={(member) => choose(member.user)} /> : <Explanation known={known} user={chosen} at={channel} />}
    </Dialog>
  );
}

function Explanation({ known, user, at }: { known: KnownServer; user: string; at: string | null }) {
  const chat = useChat();
  const [place, setPlace] = useState(at);
  const channel = useChannel(place);
  const { explained, error } = useExplained(known, user, place);
  const member = user === known.member.user ? known.member : chat.people.member(known.server.id, user);
  const around = { known, channel, mutedUntil: member?.muted_until ?? null };
  const box = useRef<HTMLDivElement>(null);
  // The button that chose somebody is gone, and the focus with it.
  useEffect(() => {
    if (!box.current?.closest("[role=dialog]")?.contains(document.activeElement)) box.current?.querySelector("button")?.focus();
  }, []);
  // In a channel only what means something there.
  const shown: readonly Permission[] = place === null ? permissions.all : IN_CHANNEL;
  return (
    <div ref={box} className="bare">
      <PlaceSelect known={known} value={place} onChange={setPlace} />
      <Problem error={error} />
      {explained === null && error === null && <Skeleton rows={6} />}
      {explained !== null && allGroups().map((group) => {
        const because = group.permissions.filter((permission) => shown.includes(permission)).flatMap((permission) => explained.because.find((one) => one.permission === permission) ?? []);
        return because.length > 0 && (
          <section key={group.title} className="explained" aria-label={t(group.title)}>
            <h3>{t(group.title)}</h3>
            <ul>
              {because.map((one) => {
                const held = one.granted_by !== undefined;
                return (
                  <li key={one.permission} data-held={held}>
                    <span className="explained-mark"><Icon name={held ? "check" : "close"} small /></span>
                    <span><strong>{permissionName(one.permission)}</strong><span className="hidden">: {t(held ? "yes" : "no")}. </span><small>{explainBecause(one, around)}</small></span>
                  </li>
                );
              })}
            </ul>
          </section>
        );
      })}
    </div>
  );
}
