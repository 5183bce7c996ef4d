import { lazy, Suspense, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { t } from "../i18n";
import type { KnownServer, Permission } from "../sdk";
import { useChannel } from "../store/hooks";
import { Problem } from "../ui/action";
import { Button } from "../ui/button";
import { Popover } from "../ui/popover";
import { Skeleton } from "../ui/skeleton";
import { explainBecause } from "./because";
import { permissionName } from "./name";
import { useExplained } from "./use-explained";

const PermissionsOf = lazy(() => import("./permissions-of").then(({ PermissionsOf }) => ({ default: PermissionsOf })));

/** Stands beside what one may not do, and says why: which role or override it is about. */
export function Why({ known, permission, channel = null }: { known: KnownServer; permission: Permission; channel?: string | null }) {
  const [all, setAll] = useState(false);
  return (
    <>
      <Popover label={t("why")} side="top start" card={(close) => <Card known={known} permission={permission} channel={channel} onAll={() => { close(); setTimeout(() => setAll(true)); }} />}>
        <AriaButton className="text-button why">{t("why")}</AriaButton>
      </Popover>
      <Suspense>{all && <PermissionsOf known={known} user={known.member.user} channel={channel} onClose={() => setAll(false)} />}</Suspense>
    </>
  );
}

function Card({ known, permission, channel, onAll }: { known: KnownServer; permission: Permission; channel: string | null; onAll: () => void }) {
  const { explained, error } = useExplained(known, known.member.user, channel);
  const there = useChannel(channel);
  const because = explained?.because.find((one) => one.permission === permission);
  const denied = because?.denied_by;
  return (
    <section className="why-card">
      <h2>{t(because && denied === undefined ? "why.may" : "why.title", { permission: permissionName(permission) })}</h2>
      {explained === null && error === null && <Skeleton rows={1} />}
      <Problem error={error} />
      {because && <p role="status">{explainBecause(because, { known, channel: there, mutedUntil: known.member.muted_until })}</p>}
      {denied !== undefined && denied !== "mute" && denied !== "restriction" && <p className="hint">{t("why.ask")}</p>}
      <Button onClick={onAll}>{t("why.all")}</Button>
    </section>
  );
}
