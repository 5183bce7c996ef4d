import { useMemo } from "react";
import { encode } from "uqr";
import { t } from "../i18n";

/** A link for the camera of a phone; `open`: it is shown at once. */
export function QrCode({ text, open }: { text: string; open?: boolean }) {
  const { size, shape } = useMemo(() => {
    const { data, size } = encode(text, { ecc: "M", border: 2 });
    return { size, shape: data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("") };
  }, [text]);
  return (
    <details className="qr" open={open}>
      <summary>{t("invite.qr")}</summary>
      <svg className="icon" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("invite.qr.label")} shapeRendering="crispEdges"><path d={shape} /></svg>
    </details>
  );
}
