import type { CSSProperties } from "react";

/**
 * Initials on one of sixteen hues of equal lightness. People are round, servers are squircles. The name stands beside it,
 * so it is silent, and drawn by the style alone: it is in nothing that one selects and copies.
 */
export function Avatar({ id, name, server, size }: { id: string; name: string; server?: boolean; size?: "small" | "large" | "huge" }) {
  return (
    <span className={["avatar", server && "server", size].filter(Boolean).join(" ")} style={{ "--hue": hueOf(id) * 22.5 } as CSSProperties} data-initials={initialsOf(name)} aria-hidden="true" />
  );
}

/** The first letters or digits of the first two words that have any; emoji and signs are none. */
export function initialsOf(name: string): string {
  const words = name.normalize("NFC").split(/[\s._-]+/u).map((word) => /\p{L}\p{M}*|\p{N}/u.exec(word)?.[0] ?? "").filter((letter) => letter !== "");
  const [first = "", second = ""] = words;
  if (first === "") return "·";
  // Letters that join would lose their shape apart.
  return (/^[A-Za-z0-9\u00c0-\u024f\u0370-\u04ff]/u.test(first) ? first + second : first).toLocaleUpperCase();
}

/** Spread over the hues however ids begin: the start of a UUIDv7 is the time. */
export function hueOf(id: string): number {
  let hash = 0x811c9dc5;
  for (const letter of id.split("@")[0] ?? "") hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return ((hash ^ (hash >>> 15)) >>> 0) % 16;
}
