import { describe, expect, it } from "vitest";
import { askedAt, ranked } from "./completion";

/** `|` is the cursor. */
const asked = (text: string) => askedAt(text.replace("|", ""), text.indexOf("|"));

describe("asking", () => {
  it.each([
    ["@|", "@", "", 0],
    ["hi @ad| and more", "@", "ad", 3],
    ["see #gen|", "#", "gen", 4],
    ["(@bo|", "@", "bo", 1],
    ["@ada@b.example|", "@", "ada@b.example", 0],
    ["so :tad|", ":", "tad", 3],
    ["one\n@two|", "@", "two", 4],
    ["@Zoë|", "@", "Zoë", 0],
  ])("%j asks", (text, trigger, query, start) => expect(asked(text)).toEqual({ trigger, query, start }));
  it.each(["ada@exam|", "at 12:30|", ":D|", "`@ad|", "```\n@ad|", "no| @ad", "a:bc|", "http://x|"])("%j asks nothing", (text) => expect(asked(text)).toBeNull());
  it("asks again after code", () => expect(asked("`code` @ad|")?.query).toBe("ad"));
});

describe("ranking", () => {
  const names = ["Grace Ada", "Nevada", "Adam", "Ada", "ADALINE", "Zoë", "Bob"];
  const of = (query: string) => ranked(query, names, (name) => [name]);
  it("puts the name itself first, then beginnings, later words, and the rest", () => expect(of("ada")).toEqual(["Ada", "Adam", "ADALINE", "Grace Ada", "Nevada"]));
  it("ignores accents, written as one or as two", () => {
    expect(of("zoe")).toEqual(["Zoë"]);
    expect(of("Zoe\u0308")).toEqual(["Zoë"]);
  });
  it("gives the first few for nothing", () => expect(ranked("", names, (name) => [name], 2)).toEqual(["Grace Ada", "Nevada"]));
  it("finds by any of several names", () => expect(ranked("bob", [["Robert", "bob"]], (one) => one)).toHaveLength(1));
  it("finds nobody", () => expect(of("xyz")).toEqual([]));
});
