import { expect, it } from "vitest";
import { isolated, plain } from "./bidi";

it("takes away what reaches beyond a name", () => {
  expect(plain("Eve\u202e")).toBe("Eve");
  expect(plain("x\u2066\u202e role\u2028two")).toBe("x role two");
});
it("isolates what reads the other way, and leaves alone what does not", () => {
  expect(isolated("Garden", "ltr")).toBe("Garden");
  expect(isolated("שרה 12", "ltr")).toBe("\u2068שרה 12\u2069");
  expect(isolated("Garden", "rtl")).toBe("\u2068Garden\u2069");
});
