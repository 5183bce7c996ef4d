/** Why somebody may do something or not, in a sentence: what the engine answers, in words. */
import { momentOf, t } from "../i18n";
import type { Channel, Explained, KnownServer } from "../sdk";
import { permissionName } from "./name";

export type Because = Explained["because"][number];

export interface Around {
  readonly known: Pick<KnownServer, "roles">;
  /** Where; `null` for the server as a whole. */
  readonly channel: Pick<Channel, "name" | "kind"> | null;
  /** Until when they are muted, if that is known. */
  readonly mutedUntil?: string | null;
}

export function explainBecause({ permission, granted_by, denied_by }: Because, { known, channel, mutedUntil = null }: Around): string {
  const [, kind = "", of = ""] = /^(\w+)(?::(.*))?$/.exec(granted_by ?? denied_by ?? "") ?? [];
  const roleOf = (id: string) => known.roles.find((role) => role.id === id);
  const nameOf = (id: string) => roleOf(id)?.name ?? t("audit.unknown");
  switch (kind) {
    case "owner":
      return t("because.owner");
    case "role": {
      const role = roleOf(of);
      if (role?.everyone) return t("because.everyone");
      return t(permission !== "administrator" && role?.permissions.includes("administrator") ? "because.administrator" : "because.role", { role: nameOf(of) });
    }
    case "implied":
      return t("because.implied", { permission: permissionName(of) });
    case "override": {
      const how = granted_by === undefined ? "denied" : "allowed";
      const where = channel === null ? "" : placeName(channel);
      if (of === "member") return t(`because.${how}.member`, { channel: where });
      const role = of.replace(/^role:/, "");
      return roleOf(role)?.everyone ? t(`because.${how}.everyone`, { channel: where }) : t(`because.${how}.role`, { channel: where, role: nameOf(role) });
    }
    case "needs":
      return t("because.needs", { permission: permissionName(of) });
    case "mute":
      return mutedUntil === null ? t("because.mute") : t("because.mute.until", { time: momentOf(mutedUntil) });
    case "restriction":
      return t("because.restriction");
    case "not_a_member":
      return t("member.gone");
    case "nothing_grants_it":
      return t("because.nothing");
    default:
      return t("because.other");
  }
}

/** A channel as it is written in a sentence: with its sign, which a category does not have. */
export const placeName = ({ name, kind }: Pick<Channel, "name" | "kind">): string => `${kind === "category" ? "" : "#"}${name ?? ""}`;
