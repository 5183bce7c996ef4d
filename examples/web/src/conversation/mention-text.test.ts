import { expect, it } from "vitest";
import { toSent, toWritten, type Names } from "./mention-text";

const ids: Record<string, string> = { "@ada": "@u1@a", "@bob@b.example": "@u2@b.example", "#general": "#c1@a", "@mods": "@&r1" };
const names: Names = {
  idOf: (sign, name) => ids[`${sign}${name.toLowerCase()}`] ?? null,
  nameOf: (kind, id) => Object.entries(ids).find(([, known]) => known === `${kind}${id}`)?.[0].slice(1) ?? null,
};

it.each([
  ["@ada", "<@u1@a>"],
  ["hi @Ada, see #general.", "hi <@u1@a>, see <#c1@a>."],
  ["(@ada)", "(<@u1@a>)"],
  ["thank @ada.", "thank <@u1@a>."],
  ["@bob@b.example and @mods", "<@u2@b.example> and <@&r1>"],
  ["mail ada@ada or x@ada", "mail ada@ada or x@ada"],
  ["@adam @nobody #1", "@adam @nobody #1"],
  ["https://x.example/@ada", "https://x.example/@ada"],
  ["`@ada` @ada ```\n@ada\n``` @ada", "`@ada` <@u1@a> ```\n@ada\n``` <@u1@a>"],
  ["already <@u1@a>", "already <@u1@a>"],
])("%j is sent as %j", (text, sent) => expect(toSent(text, names)).toBe(sent));

it.each(["@ada", "hi @ada, see #general.", "@bob@b.example and @mods", "`<@u1@a>` is code", "<@unknown@a> stays"])("%j comes back as it was", (text) => {
  expect(toWritten(toSent(text, names), names)).toBe(text);
});
