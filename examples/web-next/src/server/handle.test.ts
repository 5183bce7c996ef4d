import { expect, it } from "vitest";
import { handleIn } from "./handle";

it.each([
  ["ben", "ben"],
  [" @ben ", "ben"],
  ["ben@b.example.com", "ben@b.example.com"],
  ["@Ben@B.Example.com", "Ben@b.example.com"],
  ["@", ""],
  ["", ""],
])("finds in %j the handle %j", (text, handle) => expect(handleIn(text)).toBe(handle));
