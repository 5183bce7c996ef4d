import { expect, it } from "vitest";
import { codeIn } from "./code";

it.each([
  ["abc", "abc"],
  [" abc@b.example.com ", "abc@b.example.com"],
  ["https://a.example.com/invite/abc@b.example.com", "abc@b.example.com"],
  ["https://a.example.com/invite/abc%40b.example.com?from=mail#top", "abc@b.example.com"],
  ["https://a.example.com/invite/abc/", "abc"],
  ["https://a.example.com/invite/abc/?x=1", "abc"],
  ["Come to https://a.example.com/invite/abc@b.example.com, see you there", "abc@b.example.com"],
  ["<https://a.example.com/invite/abc>", "abc"],
  ["(https://a.example.com/invite/abc).", "abc"],
  ["https://a.example.com/invite/abc。", "abc"],
  ["https://a.example.com/invite/code@b.example.com.", "code@b.example.com"],
  ["https://a.example.com/invite/abc\u200b", "abc"],
  ["https://a.example.com/invite/abc%", "abc"],
  ["https://a.example.com/", ""],
  ["", ""],
])("finds in %j the code %j", (text, code) => expect(codeIn(text)).toBe(code));
