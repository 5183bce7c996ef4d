import { useSyncExternalStore } from "react";
import { t } from "../i18n";
import { useChat } from "../store/hooks";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";

/** After the first mention that came while one looked elsewhere: whether the next ones should be told. */
export function AskBar() {
  const { attention } = useChat();
  const asking = useSyncExternalStore(attention.subscribe, attention.asking);
  if (!asking) return null;
  return (
    <div className="ask-bar" role="status">
      <Icon name="bell" small />
      <span>{t("notice.ask")}</span>
      <Button look="primary" onClick={() => void attention.answer(true)}>{t("notice.yes")}</Button>
      <Button look="quiet" onClick={() => void attention.answer(false)}>{t("notice.no")}</Button>
    </div>
  );
}
