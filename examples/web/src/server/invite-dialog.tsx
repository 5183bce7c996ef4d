import { t } from "../i18n";
import type { KnownServer } from "../sdk";
import { Dialog } from "../ui/dialog";
import { InviteLink } from "./invite-link";
import { InvitePerson } from "./invite-person";

/** Brings people into a server: by a link that is there at once, or one by one. */
export function InviteDialog({ known, onClose }: { known: KnownServer; onClose: () => void }) {
  return (
    <Dialog title={t("invite.to", { server: known.server.name })} onClose={onClose}>
      <InviteLink known={known} />
      <InvitePerson known={known} onInvited={() => {}} />
    </Dialog>
  );
}
