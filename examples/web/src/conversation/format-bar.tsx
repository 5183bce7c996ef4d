import { t, type Key } from "../i18n";
import { Icon, type IconName } from "../ui/icon";
import { marked, quoted, type Replacement, type Selection } from "./format";

const TOOLS: readonly { name: Key; icon: IconName; keys?: string; does: (text: string, selection: Selection) => Replacement }[] = [
  { name: "keys.bold", icon: "bold", keys: "Control+B", does: (text, selection) => marked(text, selection, "**") },
  { name: "keys.italic", icon: "italic", keys: "Control+I", does: (text, selection) => marked(text, selection, "*") },
  { name: "keys.struck", icon: "struck", keys: "Control+Shift+X", does: (text, selection) => marked(text, selection, "~~") },
  { name: "keys.code", icon: "code", keys: "Control+E", does: (text, selection) => marked(text, selection, "`") },
  { name: "keys.spoiler", icon: "unseen", does: (text, selection) => marked(text, selection, "||") },
  { name: "keys.quote", icon: "quote", does: quoted },
];

/** What one can make of the text that is selected. */
export function FormatBar({ text, selection, onReplace }: { text: string; selection: Selection; onReplace: (replacement: Replacement) => void }) {
  return (
    <div className="format-bar" role="toolbar" aria-label={t("format.label")}>
      {TOOLS.map(({ name, icon, keys, does }) => (
        // Pressed, not clicked: the field keeps its focus and its selection.
        <button key={name} type="button" className="icon-button small" aria-label={t(name)} aria-keyshortcuts={keys} title={t(name)} onMouseDown={(event) => event.preventDefault()} onClick={() => onReplace(does(text, selection))}>
          <Icon name={icon} small />
        </button>
      ))}
    </div>
  );
}
