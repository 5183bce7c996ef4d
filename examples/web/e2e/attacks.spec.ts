/** Markup, scripts and links that want to run, in every field of text: each is shown as the text that it is. */
import { composer, createServer, expect, fillLogIn, inMenu, leaveSettings, messages, openPage, pathTo, say, test, type Page } from "./test";

const ATTACKS = [
  `<script>alert(1)</script>`,
  `<img src=x onerror=alert(1)>`,
  `"><svg/onload=alert(1)>`,
  `<iframe srcdoc="<script>parent.alert(1)</script>">`,
  `<style>*{display:none}</style>`,
  `{{constructor.constructor('alert(1)')()}}`,
];
const LINKS = [
  `[click](javascript:alert(1))`,
  `javascript:alert(1)`,
  `[x](data:text/html,<script>alert(1)</script>)`,
  `[a](https://example.com" onmouseover="alert(1))`,
  "[b](\u0001javascript:alert(1))",
  `https://example.com/"onmouseover=alert(1)//`,
  "```html\n<script>alert(1)</script>\n```",
  "`<b>no</b>`",
  "> <img src=x onerror=alert(1)>",
];

/** Nothing of what was written became an element, and no link leads to anything but the web. */
async function expectHarmless(page: Page): Promise<void> {
  const found = await page.evaluate(() => ({
    elements: [...document.querySelectorAll("body :is(script, img, iframe, style, object, embed, b)")].map(({ outerHTML }) => outerHTML),
    handlers: [...document.querySelectorAll("body *")].filter((one) => one.getAttributeNames().some((name) => name.startsWith("on"))).length,
    links: [...document.querySelectorAll<HTMLAnchorElement>("#root a[href]")].map(({ protocol }) => protocol).filter((protocol) => !/^https?:$/.test(protocol)),
    icons: [...document.querySelectorAll("body svg")].filter((one) => !one.classList.contains("icon")).length,
  }));
  expect(found).toEqual({ elements: [], handlers: 0, links: [], icons: 0 });
}

test("what is said is text, whatever it looks like", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  for (const attack of [...ATTACKS, ...LINKS]) {
    await say(one, attack);
    await expect(one.locator("[data-state]")).toHaveCount(0);
  }
  for (const page of [one, two]) {
    await expect(messages(page)).toHaveCount(ATTACKS.length + LINKS.length);
    for (const [index, attack] of ATTACKS.entries()) await expect(messages(page).nth(index).locator(".text")).toHaveText(attack);
    await expectHarmless(page);
  }
  const links = messages(two).getByRole("link");
  for (const link of await links.all()) {
    await expect(link).toHaveAttribute("rel", /noopener/);
    await expect(link).toHaveAttribute("rel", /noreferrer/);
  }

  // Edited into what was harmless.
  await say(one, "harmless");
  await expect(messages(two).last()).toContainText("harmless");
  await composer(one).press("ArrowUp");
  await one.getByRole("textbox", { name: "Edit message" }).fill(ATTACKS[1]!);
  await one.getByRole("textbox", { name: "Edit message" }).press("Enter");
  await expect(messages(two).last().locator(".text")).toContainText(ATTACKS[1]!);
  await expectHarmless(two);
});

for (const attack of ATTACKS.slice(0, 3)) {
  test(`every name and description is text: ${attack}`, async ({ backend, windows }) => {
    const ann = await backend.person("ann");
    const page = await windows.as(ann);

    await page.getByRole("link", { name: "Your account" }).click();
    await page.getByLabel("Display name").fill(attack.slice(0, 64));
    await page.getByLabel("About me").fill(attack);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Saved", { exact: true })).toBeVisible();
    await leaveSettings(page);

    await createServer(page, attack);
    await expect(page.getByRole("heading", { name: attack, level: 2 })).toBeVisible();

    await page.getByRole("button", { name: "Create channel" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill(attack);
    await page.getByRole("dialog").getByLabel("Topic").fill(attack);
    await page.getByRole("dialog").getByRole("button", { name: "Create channel" }).click();
    await expect(page.getByRole("heading", { name: attack, level: 1 })).toBeVisible();
    await say(page, attack);
    await expectHarmless(page);

    await inMenu(page, "Server settings");
    await page.getByLabel("Description").fill(attack);
    await page.getByLabel("Public").check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("You have unsaved changes.")).toHaveCount(0);
    await expectHarmless(page);
    await openPage(page, "Roles");
    await page.getByRole("button", { name: "Create role" }).click();
    await page.getByRole("form", { name: "New role" }).getByRole("textbox", { name: "Name" }).fill(attack);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("row", { name: attack })).toBeVisible();
    await expectHarmless(page);

    const ben = await backend.person("ben");
    const two = await windows.as(ben, "/discover");
    await two.getByLabel("Search public servers").fill(attack);
    await expect(two.getByRole("heading", { name: attack }).first()).toBeVisible();
    await two.getByRole("button", { name: `Join ${attack}` }).first().click();
    await expect(two.getByRole("heading", { name: attack, level: 1 }).or(two.getByRole("heading", { name: "general", level: 1 }))).toBeVisible();
    await two.getByRole("complementary", { name: "Members" }).getByRole("button", { name: attack.slice(0, 64) }).click();
    await expect(two.getByRole("dialog", { name: attack.slice(0, 64) })).toContainText(attack);
    await expectHarmless(two);
  });
}

test("addresses are text too", async ({ windows }) => {
  const page = await windows.open(`/invite/${encodeURIComponent(ATTACKS[1]!)}`);
  await expect(page.getByRole("heading", { name: "This invitation is no longer valid" })).toBeVisible();
  await fillLogIn(page, ATTACKS[0]!, ATTACKS[0]!);
  await expect(page.getByRole("alert")).not.toBeEmpty();
  await expectHarmless(page);
});
