import { describe, expect, it } from "vitest";
import { lengthOf, partsOf } from "./length";

describe("counting", () => {
  it.each([
    ["letters", "a".repeat(4_000), 4_000],
    ["emoji as the backend does", "😀".repeat(4_000), 4_000],
    ["each part of a family", "👨‍👩‍👧".repeat(800), 4_000],
    ["a torn pair as one", `${"a".repeat(3_999)}\ud83d`, 4_000],
  ])("%s", (_, text, count) => expect(lengthOf(text)).toBe(count));
});

describe("parting", () => {
  const whole = (parts: string[]) => parts.join("").replace(/\s/g, "");
  it("leaves alone what fits", () => expect(partsOf("😀".repeat(4_000))).toHaveLength(1));
  it("keeps every word, in order, in parts that fit", () => {
    const text = Array.from({ length: 1_500 }, (_, number) => `word${number}`).join(" ");
    const parts = partsOf(text);
    expect(whole(parts)).toBe(text.replace(/\s/g, ""));
    for (const part of parts) expect([...part].length).toBeLessThanOrEqual(4_000);
    expect(parts[0]).toMatch(/word\d+$/);
  });
  it("cuts between paragraphs", () => {
    const parts = partsOf(`${"a".repeat(30)}\n\n${"b".repeat(30)}`, 40);
    expect(parts).toEqual(["a".repeat(30), "b".repeat(30)]);
  });
  it("tears no character apart", () => {
    const parts = partsOf("👨‍👩‍👧".repeat(10), 12);
    expect(parts.join("")).toBe("👨‍👩‍👧".repeat(10));
    for (const part of parts) expect(part.startsWith("👨")).toBe(true);
  });
  it("closes a block of code and opens it again", () => {
    const code = Array.from({ length: 20 }, (_, number) => `let x${number} = ${number};`).join("\n");
    const parts = partsOf(`\`\`\`rust\n${code}\n\`\`\``, 120);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) {
      expect([...part].length).toBeLessThanOrEqual(120);
      expect(part).toMatch(/^```rust\n[^]*\n```$/);
    }
    expect(parts.flatMap((part) => part.split("\n").slice(1, -1)).join("\n")).toBe(code);
  });
  it("ends with any text", () => {
    for (const text of [" ".repeat(9_000), "\n".repeat(9_000), "```\n".repeat(3_000), "́".repeat(9_000)]) expect(partsOf(text).length).toBeLessThan(10);
  });
});
