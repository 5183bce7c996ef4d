import { expect, it } from "vitest";
import { tolerateForeignElements } from "./foreign-dom";

/** As much of a node as is needed here, as strict as the browser's. */
class Fake {
  parentNode: Fake | null = null;
  readonly children: Fake[] = [];
  constructor(readonly name: string, ...children: Fake[]) {
    for (const child of children) this.insertBefore(child, null);
  }
  removeChild(child: Fake): Fake {
    if (child.parentNode !== this) throw new Error("NotFoundError");
    this.children.splice(this.children.indexOf(child), 1);
    child.parentNode = null;
    return child;
  }
  insertBefore(child: Fake, before: Fake | null): Fake {
    if (before !== null && before.parentNode !== this) throw new Error("NotFoundError");
    child.parentNode?.removeChild(child);
    this.children.splice(before === null ? this.children.length : this.children.indexOf(before), 0, child);
    child.parentNode = this;
    return child;
  }
  get names(): string[] {
    return this.children.map(({ name }) => name);
  }
}
tolerateForeignElements(Fake.prototype as unknown as Node);

it("takes away what was put around a text with the text", () => {
  const text = new Fake("text");
  const page = new Fake("page", new Fake("font", new Fake("font", text)), new Fake("rest"));
  expect(page.removeChild(text)).toBe(text);
  expect(page.names).toEqual(["rest"]);
});
it("takes away nothing for a text that is gone", () => {
  const page = new Fake("page", new Fake("rest"));
  page.removeChild(new Fake("text"));
  expect(page.names).toEqual(["rest"]);
});
it("puts something before what holds a text, and at the end for one that is gone", () => {
  const text = new Fake("text");
  const page = new Fake("page", new Fake("first"), new Fake("font", text), new Fake("last"));
  page.insertBefore(new Fake("new"), text);
  page.insertBefore(new Fake("end"), new Fake("gone"));
  expect(page.names).toEqual(["first", "new", "font", "last", "end"]);
});
it("leaves alone what is as it was", () => {
  const [one, two] = [new Fake("one"), new Fake("two")];
  const page = new Fake("page", one, two);
  page.insertBefore(two, one);
  page.removeChild(one);
  expect(page.names).toEqual(["two"]);
});
