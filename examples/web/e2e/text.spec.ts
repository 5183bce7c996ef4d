/** What is said looks as it was meant, and can be read, opened, copied and trusted. */
import { channelLink } from "./message";
import { composer, expect, messages, pathTo, test, type Backend, type Page, type Windows } from "./test";

/** A window on a channel in which one thing was said. */
async function showing(backend: Backend, windows: Windows, content: string): Promise<Page> {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.say(ann, place, content);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page)).toHaveCount(1);
  return page;
}

test("no character that was sent vanishes", async ({ backend, windows }) => {
  const text = "¯\\_(ツ)_/¯ and 100*100/400*56 and <_< >_> and __init__.py and x = a*b; y = c*d and 2**8";
  const page = await showing(backend, windows, text);
  await expect(messages(page).locator(".text")).toHaveText(text);
  await expect(messages(page).locator(".text").locator("em, strong")).toHaveCount(0);
});

test("lines of an old Windows are lines, and a link ends where the sentence goes on", async ({ backend, windows }) => {
  const page = await showing(backend, windows, "> quoted\r\n> twice\r\n\r\nsee https://ja.example.org/a（説明）。 and HTTPS://EXAMPLE.COM, too");
  await expect(messages(page).locator("blockquote")).toHaveText(/quoted\s*twice/);
  const links = messages(page).locator(".text").getByRole("link");
  await expect(links).toHaveText(["https://ja.example.org/a", "HTTPS://EXAMPLE.COM"]);
});

test("what is hidden is shown by the keyboard, and by a press", async ({ backend, windows }) => {
  const page = await showing(backend, windows, "||the butler|| or ||the cook||");
  const hidden = messages(page).getByRole("button", { name: "Hidden text, press to show" });
  await expect(hidden).toHaveCount(2);
  await hidden.first().focus();
  await page.keyboard.press("Enter");
  await expect(messages(page).locator(".spoiler[data-shown]")).toHaveText("the butler");
  await hidden.click();
  await expect(messages(page).locator(".spoiler[data-shown]")).toHaveText(["the butler", "the cook"]);
});

test("of a long text the beginning is shown; opened, it stays open while one looks elsewhere", async ({ backend, windows }) => {
  const page = await showing(backend, windows, Array.from({ length: 60 }, (_, line) => `line ${line}`).join("\n"));
  const text = messages(page).locator(".folded");
  const tall = await text.evaluate((box) => box.clientHeight);
  await expect(page.getByRole("button", { name: "Show all" })).toHaveAttribute("aria-expanded", "false");
  await page.getByRole("button", { name: "Show all" }).click();
  await expect(text).toHaveCount(0);
  expect(await messages(page).locator(".markup").evaluate((box) => box.clientHeight)).toBeGreaterThan(2 * tall);
  await page.getByRole("button", { name: "Create channel" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("harvest");
  await page.getByRole("dialog").getByRole("button", { name: "Create channel" }).click();
  await expect(page.getByRole("heading", { name: "harvest", level: 1 })).toBeVisible();
  await channelLink(page, "general").click();
  await expect(page.getByRole("button", { name: "Show less" })).toBeVisible();
  await page.getByRole("button", { name: "Show less" }).click();
  await expect(text).toHaveCount(1);
});

test("code is in colours, and is copied without them", async ({ backend, windows }) => {
  const page = await showing(backend, windows, "```rust\nfn main() {}\n```");
  await expect(page.locator(".code-head")).toContainText("rust");
  await expect(page.locator(".hljs-keyword")).toHaveText("fn");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy code" }).click();
  await expect(page.locator(".toast")).toContainText("Copied");
  await composer(page).focus();
  await page.keyboard.press("Control+v");
  await expect(composer(page)).toHaveValue("fn main() {}");
});

test("a link that looks like another address asks first", async ({ backend, windows }) => {
  const page = await showing(backend, windows, "[https://bank.example](https://thief.example/login) and [plain](https://example.org/a)");
  const [disguised, plain] = [page.getByRole("link", { name: "https://bank.example" }), page.getByRole("link", { name: "plain" })];
  await expect(plain).toHaveAttribute("href", "https://example.org/a");
  await expect(plain).toHaveAttribute("title", "example.org");
  await disguised.click();
  const warning = page.getByRole("dialog", { name: "Check where this link leads" });
  await expect(warning).toContainText("thief.example");
  await expect(warning.getByRole("link")).toHaveAttribute("href", "https://thief.example/login");
  await page.keyboard.press("Escape");
  await expect(warning).toHaveCount(0);
  expect(page.context().pages()).toHaveLength(1);
});
