import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const sheets = readdirSync("src/styles").filter((file) => file.endsWith(".css")).map((file) => [file, readFileSync(`src/styles/${file}`, "utf8").replace(/\/\*[^]*?\*\//g, "")] as const);

/** The rules of a sheet, each with what stands around it. */
function rulesOf(sheet: string): { around: string; selector: string; body: string }[] {
  const rules: { around: string; selector: string; body: string }[] = [];
  const around: string[] = [];
  let from = 0;
  for (const { 0: sign, index } of sheet.matchAll(/[{};]/g)) {
    const text = sheet.slice(from, index).trim();
    from = index + 1;
    if (sign === "{") around.push(text);
    else {
      if (text !== "") rules.push({ around: around.slice(0, -1).join(" "), selector: around.at(-1) ?? "", body: text });
      if (sign === "}") around.pop();
    }
  }
  return rules;
}

it.each(sheets)("%s points at nothing with a finger: what is pointed at would stay so after a tap", (_, sheet) => {
  const wrong = rulesOf(sheet).filter(({ around, selector }) => selector.includes(":hover") && !around.includes("(hover: hover)"));
  expect(wrong.map(({ selector }) => selector)).toEqual([]);
});
it.each(sheets)("%s lets the browser's size of text count", (_, sheet) => {
  const wrong = rulesOf(sheet).filter(({ body }) => /^font(-size)?:/.test(body) && /\dpx/.test(body) && !body.includes("max(16px"));
  expect(wrong.map(({ selector, body }) => `${selector} ${body}`)).toEqual([]);
});
it("finds what it looks for", () => {
  expect(rulesOf("a { b: c; d: e } @media x { f:hover { g: h } }")).toEqual([
    { around: "", selector: "a", body: "b: c" },
    { around: "", selector: "a", body: "d: e" },
    { around: "@media x", selector: "f:hover", body: "g: h" },
  ]);
});
