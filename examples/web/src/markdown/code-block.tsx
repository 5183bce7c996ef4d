import { useEffect, useState, type ReactNode } from "react";
import { t } from "../i18n";
import { copy } from "../ui/clipboard";
import { IconButton } from "../ui/icon-button";
import { toast } from "../ui/toast";
import { languageOf, type Colored } from "./languages";

/** Code with the name of its language and a button that copies it. Its colours come when there is time for them. */
export function CodeBlock({ language, text }: { language: string | undefined; text: string }) {
  const colored = useColored(language, text);
  return (
    <div className="code-block" translate="no">
      <div className="code-head">
        <span>{language ?? ""}</span>
        <IconButton icon="copy" small label={t("code.copy")} onPress={() => void copy(text).then((done) => toast(t(done ? "copied" : "copy.failed")))} />
      </div>
      {/* It scrolls sideways, by the keyboard too. */}
      <pre tabIndex={0} aria-label={t("code.label", { language: language ?? "" })}><code>{colored ? colored.map(drawn) : text}</code></pre>
    </div>
  );
}

function drawn(part: Colored, key: number): ReactNode {
  return typeof part === "string" ? part : <span key={key} className={part.kind}>{part.parts.map(drawn)}</span>;
}

function useColored(language: string | undefined, text: string): readonly Colored[] | null {
  const known = languageOf(language);
  const [colored, setColored] = useState<readonly Colored[] | null>(null);
  useEffect(() => {
    setColored(null);
    if (known === null) return;
    let gone = false;
    const paint = () =>
      import("./highlight")
        .then(({ highlight }) => highlight(text, known))
        .then((parts) => gone || setColored(parts))
        // Without colours it can be read as well.
        .catch(() => {});
    if (typeof requestIdleCallback === "undefined") {
      const timer = setTimeout(() => void paint(), 50);
      return () => {
        gone = true;
        clearTimeout(timer);
      };
    }
    const idle = requestIdleCallback(() => void paint(), { timeout: 1_000 });
    return () => {
      gone = true;
      cancelIdleCallback(idle);
    };
  }, [known, text]);
  return colored;
}
