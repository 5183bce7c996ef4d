/** What the global roles of somebody let them do on their backend. */
import type { SelfUser } from "../sdk";

export const GLOBAL_ROLES = ["user_moderator", "server_moderator", "application_administrator"] as const;
export type GlobalRole = (typeof GLOBAL_ROLES)[number];

export interface Powers {
  /** Whether anything at all. */
  readonly any: boolean;
  /** Suspends users. */
  readonly users: boolean;
  /** Suspends servers, and restricts users in them. */
  readonly servers: boolean;
  /** Gives the roles, reads the log, and says with whom the backend talks; does what the others do as well. */
  readonly administers: boolean;
}

export function powersOf(me: Pick<SelfUser, "global_roles"> | null): Powers {
  const has = (role: GlobalRole) => me?.global_roles.includes(role) ?? false;
  const administers = has("application_administrator");
  const [users, servers] = [administers || has("user_moderator"), administers || has("server_moderator")];
  return { any: users || servers, users, servers, administers };
}

export const isGlobalRole = (name: string): name is GlobalRole => GLOBAL_ROLES.some((role) => role === name);
