import { t } from "../i18n";
import { Dialog } from "../ui/dialog";
import { KEYS } from "./keys";

/** The keys that one can press. */
export function KeyList({ onClose }: { onClose: () => void }) {
  return <Dialog title={t("keys.title")} onClose={onClose}><Keys /></Dialog>;
}

export function Keys() {
  return (
    <div className="keys">
      {KEYS.map(({ title, keys }) => (
        <section key={title} aria-label={t(title)}>
          <h3>{t(title)}</h3>
          <dl>
            {keys.map(({ press, does }) => (
              <div key={does}>
                <dt>{t(does)}</dt>
                <dd>{press.map((key) => <kbd key={key}>{named(key)}</kbd>)}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

/** As it is printed on the reader's keyboard: those of Apple have another key for commands. */
function named(key: string): string {
  return key === "Ctrl" && /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : key;
}
