import { expect, it } from "vitest";
import { serverIn } from "./server-id";

const id = "01998d5c-0000-7000-8000-000000000001";

it.each([
  [id, `${id}@a.example.com`],
  [` ${id.toUpperCase()} `, `${id}@a.example.com`],
  [`${id}@b.example.com`, `${id}@b.example.com`],
  [`https://a.example.com/s/${id}@b.example.com/01998d5c-0000-7000-8000-000000000002`, `${id}@b.example.com`],
  [`https://a.example.com/s/${id}`, `${id}@a.example.com`],
  ["Garden", null],
  [`about ${id}`, null],
])("finds the server in %s", (text, found) => expect(serverIn(text, "a.example.com")).toBe(found));
