import { expect, it, vi } from "vitest";

vi.mock("../store/hooks", () => ({}));
vi.mock("../store/objects", () => ({}));
const { typingText } = await import("./typing-line");

it("names those who are writing, and counts them from four on", () => {
  expect(typingText([])).toBe("");
  expect(typingText(["Ann"])).toBe("Ann is typing…");
  expect(typingText(["Ann", "Ben"])).toBe("Ann and Ben are typing…");
  expect(typingText(["Ann", "Ben", "Cem"])).toBe("Ann, Ben, and Cem are typing…");
  expect(typingText(["Ann", "Ben", "Cem", "Dan"])).toBe("Several people are typing…");
});
