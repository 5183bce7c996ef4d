import { expect, it } from "vitest";
import { fitOf } from "./fuzzy";

const best = (query: string, names: string[]) =>
  names.map((name) => ({ name, fit: fitOf(query, name) })).filter(({ fit }) => fit !== null).sort((a, b) => b.fit! - a.fit!).map(({ name }) => name);

it("finds letters in their order, whatever the accents and the case", () => {
  expect(fitOf("cafe", "Café")).not.toBeNull();
  expect(fitOf("ZOE", "zoë")).not.toBeNull();
  expect(fitOf("xyz", "general")).toBeNull();
});
it("prefers beginnings of words and letters that stand together", () => {
  expect(best("gen", ["oxygen", "general", "green-ends"])[0]).toBe("general");
  expect(best("gc", ["magic", "garden-club"])[0]).toBe("garden-club");
  expect(best("harvest", ["harvest", "harvest-festival"])[0]).toBe("harvest");
});
