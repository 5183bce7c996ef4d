import { expect, it } from "vitest";
import { isTyping } from "./use-keys";

const key = (key: string, held: Partial<Record<"ctrlKey" | "metaKey" | "altKey", boolean>> = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...held });

it.each([
  ["a", {}, true],
  ["é", {}, true],
  ["😀", {}, true],
  ["v", { ctrlKey: true }, true],
  ["V", { metaKey: true }, true],
  ["c", { ctrlKey: true }, false],
  [" ", {}, false],
  ["Enter", {}, false],
  ["F5", {}, false],
  ["a", { altKey: true }, false],
] as const)("%s with %j types: %s", (name, held, types) => expect(isTyping(key(name, held))).toBe(types));
