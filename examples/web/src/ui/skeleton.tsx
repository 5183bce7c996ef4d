import { t } from "../i18n";

/** Grey rows in the shape of what will be there, with the words for who cannot see them. */
export function Skeleton({ rows, shape = "line" }: { rows: number; shape?: "line" | "person" | "message" }) {
  return (
    <div className={`skeleton ${shape}`} role="status">
      <span className="hidden">{t("loading")}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} aria-hidden="true">
          {shape !== "line" && <i className="round" />}
          <span><i /><i /></span>
        </div>
      ))}
    </div>
  );
}
