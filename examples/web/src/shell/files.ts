import { useEffect } from "react";
import { t } from "../i18n";
import { toast } from "../ui/toast";

/** Says of files that are dropped or pasted that they cannot be sent; the browser would open them in place of the page. */
export function useFilesRefused(): void {
  useEffect(() => {
    const refuse = (event: DragEvent | ClipboardEvent) => {
      const data = event instanceof ClipboardEvent ? event.clipboardData : event.dataTransfer;
      // What is copied from a page of text may have a picture of it beside.
      if (!data?.types.includes("Files") || data.types.some((type) => type.startsWith("text/"))) return;
      event.preventDefault();
      if (event.type !== "dragover") toast(t("files.none"));
    };
    addEventListener("dragover", refuse);
    addEventListener("drop", refuse);
    addEventListener("paste", refuse);
    return () => {
      removeEventListener("dragover", refuse);
      removeEventListener("drop", refuse);
      removeEventListener("paste", refuse);
    };
  }, []);
}
