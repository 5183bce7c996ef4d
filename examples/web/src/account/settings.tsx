import { Suspense, useState } from "react";
import { t } from "../i18n";
import { forget, lastPath } from "../places";
import { paths } from "../router";
import { Frame, type Page } from "../settings/frame";
import { Keys } from "../shell/key-list";
import { useChat, useChatView, useObjects, useObserved } from "../store/hooks";
import { explain } from "../ui/action";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";
import { BeepError } from "../sdk";
import { AppearancePage } from "./appearance-page";
import { Languages } from "./languages";
import { NotificationsPage } from "./notifications-page";
import { Profile } from "./profile";
import { Security } from "./security";
import { Sessions } from "./sessions";
import { keepStep } from "./step";

/** One's own account and this device. */
export function Settings({ page }: { page: string | null }) {
  const chat = useChat();
  const { me } = useChatView();
  const [leaving, setLeaving] = useState(false);
  if (!me) return null;
  const [account, device] = [t("account.account"), t("account.device")];
  const pages: Page[] = ([
    { id: "profile", label: t("profile.title"), icon: "person", group: account },
    { id: "security", label: t("security.title"), icon: "shield", group: account },
    { id: "sessions", label: t("sessions.title"), icon: "monitor", group: account },
    { id: "appearance", label: t("appearance.title"), icon: "palette", group: device },
    { id: "notifications", label: t("notices.title"), icon: "bell", group: device },
    { id: "language", label: t("language"), icon: "globe", group: device },
    { id: "keyboard", label: t("keys.title"), icon: "keyboard", group: device },
  ] as const).map((one) => ({ ...one, href: paths.account(one.id) }));
  const logOut = async () => {
    forget();
    await chat.leave().catch((cause: unknown) => {
      // Here it has ended all the same.
      if (cause instanceof BeepError) toast(explain(cause));
      else throw cause;
    });
  };
  const remove = async (input: { password: string; otp?: string }) => {
    keepStep({ at: "login", after: "deleted" });
    try {
      await chat.deleteAccount(input);
      forget();
    } catch (cause) {
      keepStep({ at: "login" });
      throw cause;
    }
  };
  return (
    <Frame name={me.display_name ?? me.username} pages={pages} page={page} root={paths.account()} close={lastPath() ?? paths.home} foot={<Button look="quiet" icon="leave" onClick={() => setLeaving(true)}>{t("logout")}</Button>}>
      {(open) => (
        <Suspense fallback={<Skeleton rows={5} />}>
          {open === "profile" && <Profile key={me.id} me={me} />}
          {open === "security" && <Security me={me} onDelete={remove} />}
          {open === "sessions" && <Sessions />}
          {open === "appearance" && <AppearancePage />}
          {open === "notifications" && <NotificationsPage />}
          {open === "language" && <Languages />}
          {open === "keyboard" && <Keys />}
          {leaving && (
            <Confirm title={t("logout")} text={t("logout.text")} action={t("logout")} onConfirm={logOut} onClose={() => setLeaving(false)}>
              <Unsent />
            </Confirm>
          )}
        </Suspense>
      )}
    </Frame>
  );
}

/** Logging out takes from the device what was written here and not sent: others may use it. */
function Unsent() {
  const { drafts, sendQueue } = useObjects();
  const count = useObserved(drafts).filter(({ text }) => text.trim() !== "").length + useObserved(sendQueue).length;
  return count > 0 && <p className="message-text"><strong>{t("logout.unsent", { count })}</strong></p>;
}
