/** A window as small as a phone's, and fingers. */
import { picture } from "./picture";
import { composer, expect, messages, pathTo, say, test, type Page } from "./test";

const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** Nothing makes the page wider than the window. */
async function expectNoSideways(page: Page): Promise<void> {
  const wide = await page.evaluate(() => {
    const inside = (element: Element): boolean => element.closest(".drawer, .members, .hidden, pre, .tabs, .skip") !== null;
    const beyond = [...document.querySelectorAll("#root *")].filter((one) => !inside(one) && one.getBoundingClientRect().right > innerWidth + 1);
    return { page: document.documentElement.scrollWidth - innerWidth, beyond: beyond.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)) };
  });
  expect(wide).toEqual({ page: 0, beyond: [] });
}

test("on a phone one signs in, goes from channel to channel by the drawer, and talks", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  await backend.ask("POST", `/servers/${place.server}/channels`, { name: "harvest" }, ann.token);
  await backend.say(ben, place, `${"unbroken".repeat(40)} and https://example.org/${"long/".repeat(40)}`);
  const page = await windows.as(ann, "/", PHONE);
  await expectNoSideways(page);
  await page.getByRole("button", { name: "Servers and channels" }).tap();
  await page.getByRole("link", { name: "Garden", exact: true }).tap();
  await expect(messages(page)).toHaveCount(1);
  await expect(page.getByRole("main")).not.toHaveAttribute("inert");
  await expectNoSideways(page);
  await say(page, "from the bus");
  await expect(messages(page).last()).toContainText("from the bus");
  await expect(messages(page).last()).toBeInViewport();

  await page.getByRole("button", { name: "Servers and channels" }).tap();
  await expect(page.getByRole("main", { includeHidden: true })).toHaveAttribute("inert");
  await page.getByRole("link", { name: "harvest" }).tap();
  await expect(page.getByRole("heading", { name: "harvest", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "Members" }).tap();
  await expect(page.getByRole("complementary", { name: "Members" })).toBeInViewport();
  await page.getByRole("complementary", { name: "Members" }).getByRole("button", { name: ben.username }).tap();
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.getByRole("button", { name: "Close" }).first().tap();

  for (const path of ["/discover", `/s/${place.server}/settings`, "/invite/none", "/nothing"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectNoSideways(page);
  }
  await page.goto(`/s/${place.server}/settings`);
  for (const tab of ["Roles", "Invitations"]) {
    await page.getByRole("tab", { name: tab }).tap();
    await expectNoSideways(page);
  }
});

test("on a phone an invitation is seen while the drawer is shut, and answered in it", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, `Garden ${"unbroken".repeat(8)}`, { visibility: "private", description: "long ".repeat(40) });
  const page = await windows.as(ben, "/", PHONE);
  await backend.ask("POST", `/servers/${place.server}/invitations`, { user: ben.id }, ann.token);
  const menu = page.getByRole("button", { name: "Servers and channels, 1 invitation for you" });
  await expect(menu).toBeInViewport();
  await picture(page, "phone-invited");
  await menu.tap();
  await page.getByRole("button", { name: "1 invitation for you", exact: true }).tap();
  await expect(page.getByRole("dialog").getByRole("listitem")).toBeVisible();
  await expectNoSideways(page);
  await picture(page, "phone-invitations");
  await page.getByRole("button", { name: /^Accept the invitation to Garden/ }).tap();
  await expect(page.getByRole("heading", { name: "general", level: 1 })).toBeInViewport();
  await expect(page.getByRole("main")).not.toHaveAttribute("inert");
  await expectNoSideways(page);
});

test("what a finger has to hit is large enough, and the keyboard of a phone leaves the composer in view", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  for (let number = 0; number < 30; number += 1) await backend.say(ann, place, `number ${number}`);
  const page = await windows.as(ann, pathTo(place), PHONE);
  await expect(messages(page).last()).toContainText("number 29");
  // 24 pixels are what WCAG 2.2 (2.5.8) asks for.
  const small = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, a, input, select, textarea")]
      .filter((one) => one.checkVisibility() && !one.closest(".hidden, .skip, .text"))
      .map((one) => ({ html: one.outerHTML.slice(0, 80), at: one.getBoundingClientRect() }))
      .filter(({ at }) => at.width > 0 && (at.width < 24 || at.height < 24))
      .map(({ html }) => html),
  );
  expect(small).toEqual([]);
  await page.setViewportSize({ width: 360, height: 380 });
  await expect(composer(page)).toBeInViewport({ ratio: 1 });
  await expect(messages(page).last()).toBeInViewport();
});
