import { expect, it } from "vitest";
import { hueOf, initialsOf } from "./avatar";

it.each([
  ["Zoe ✨", "Z"],
  ["✨ Zoe Marchand", "ZM"],
  ["garden.club", "GC"],
  ["Server 1", "S1"],
  ["Zoe\u0308", "Z"],
  ["Éva", "É"],
  ["שרה לוי", "ש"],
  ["東京 支部", "東"],
  ["🌱🌱", "·"],
  ["", "·"],
])("of %j shows %j", (name, initials) => expect(initialsOf(name)).toBe(initials));

it("spreads neighbours over all hues", () => {
  const ids = Array.from({ length: 400 }, (_, number) => `0193f0c2-7a1b-7${number.toString(16).padStart(3, "0")}-8000-000000000${number.toString(16).padStart(3, "0")}@a`);
  expect(new Set(ids.map(hueOf)).size).toBe(16);
});
