import { expect, it } from "vitest";
import { domainIn } from "./domain";

it.each([
  ["ben@b.example.com", "b.example.com"],
  ["ben", null],
  ["ben@", null],
  ["", null],
])("finds in %j the domain %j", (text, domain) => expect(domainIn(text)).toBe(domain));
