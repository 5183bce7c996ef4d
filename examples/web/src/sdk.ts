/** The one door to the SDK: everything else in here imports from this file. */
import init, { BeepError, Client, handleOf, homeOf, permissions } from "@beep-chat/client";
import module from "@beep-chat/client/beep.wasm?url";

export { BeepError, handleOf, homeOf, permissions };
export type { Client };
export type {
  AuditEntry,
  Ban,
  Channel,
  DomainBan,
  FederationStatus,
  Event,
  Explained,
  HierarchyAct,
  Invitation,
  InvitationPreview,
  KnownServer,
  Member,
  Message,
  ModeratedUser,
  Override,
  Permission,
  PermissionServer,
  Pin,
  Presence,
  Report,
  Role,
  SelfUser,
  Server,
  Session,
  State,
  StoredSession,
  StreamItem,
  Suspension,
  User,
} from "@beep-chat/client";

/** Loads the SDK and makes a client of the backend that serves the page. */
export async function connect(): Promise<Client> {
  await init(module);
  return new Client({ url: location.origin });
}
