import { useEffect, useState } from "react";
import { t } from "../i18n";
import { Button } from "./button";
import { copy } from "./clipboard";

/** Copies a text, and says whether that worked. */
export function CopyButton({ text, look = "primary" }: { text: string; look?: "primary" | "plain" }) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <>
      <Button look={look} onClick={() => void copy(text).then((done) => setState(done ? "copied" : "failed"))}>{t(state === "copied" ? "copied" : "copy")}</Button>
      <span role="status" className={state === "failed" ? "wrong" : "hidden"}>{state === "failed" ? t("copy.failed") : state === "copied" ? t("copied") : ""}</span>
    </>
  );
}

const SHOWN_MS = 2_500;
