import { useState, useSyncExternalStore } from "react";
import { t } from "../i18n";
import { change, notices, subscribe } from "../store/notices";
import { askPermission, permission } from "../store/notification";
import { play } from "../store/sound";
import { Switch } from "../ui/field";
import { Icon } from "../ui/icon";

/** How somebody is told on this device, of all channels; each choice holds at once. */
export function NotificationsPage() {
  const { mentions, sound, count } = useSyncExternalStore(subscribe, notices);
  const [allowed, setAllowed] = useState(permission);
  const setMentions = async (wanted: boolean) => {
    change({ mentions: wanted });
    if (wanted) await askPermission();
    setAllowed(permission());
  };
  return (
    <div className="settings-form">
      <Switch label={t("notices.mentions")} about={t("notices.mentions.about")} checked={mentions === true && allowed !== "missing"} disabled={allowed === "missing"} onChange={(wanted) => void setMentions(wanted)} />
      {(allowed === "missing" || (allowed === "denied" && mentions === true)) && (
        <p className="hint" role="status"><span className="wrong"><Icon name="warning" small /> {t(allowed === "missing" ? "notices.missing" : "notices.blocked")}</span></p>
      )}
      <Switch
        label={t("notices.sound")}
        about={t("notices.sound.about")}
        checked={sound}
        onChange={(wanted) => {
          change({ sound: wanted });
          if (wanted) play();
        }}
      />
      <Switch label={t("notices.count")} about={t("notices.count.about")} checked={count} onChange={(count) => change({ count })} />
    </div>
  );
}
