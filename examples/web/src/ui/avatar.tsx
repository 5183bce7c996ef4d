/** Initials on one of a few colours that follow from the id. The name stands beside it, so it is silent. */
export function Avatar({ id, name }: { id: string; name: string }) {
  return (
    <span className={`avatar hue-${hueOf(id)}`} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => word !== "");
  return words.slice(0, 2).map((word) => [...word][0] ?? "").join("").toLocaleUpperCase() || "·";
}

/** The end of a UUIDv7 is random; its start is the time. */
function hueOf(id: string): number {
  const digits = id.split("@")[0]?.slice(-6) ?? "0";
  return (Number.parseInt(digits, 16) || 0) % 8;
}
