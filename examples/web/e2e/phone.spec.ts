/** A window as small as a phone's, and fingers. */
import { picture } from "./picture";
import { composer, expect, messages, pathTo, say, test, type Page } from "./test";

const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** Nothing makes the page wider than the window. */
async function expectNoSideways(page: Page): Promise<void> {
  const wide = await page.evaluate(() => {
    const inside = (element: Element): boolean => element.closest(".drawer, .members, .hidden, pre, .matrix, .tabs, .skip, .settings-nav, .swipe-mark") !== null;
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
  await page.getByRole("navigation", { name: "Servers" }).getByRole("link", { name: /^Garden/ }).tap();
  await expect(messages(page)).toHaveCount(1);
  await expect(page.getByRole("main")).not.toHaveAttribute("inert");
  await expectNoSideways(page);
  await say(page, "from the bus");
  await expect(messages(page).last()).toContainText("from the bus");
  await expect(messages(page).last()).toBeInViewport();

  await page.getByRole("button", { name: "Servers and channels" }).tap();
  await expect(page.getByRole("main", { includeHidden: true })).toHaveAttribute("inert");
  await expect(page.getByRole("link", { name: "general" }), "one begins where one is").toBeFocused();
  await page.getByRole("link", { name: "harvest" }).tap();
  await expect(page.getByRole("heading", { name: "harvest", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "Members" }).tap();
  await expect(page.getByRole("complementary", { name: "Members" })).toBeInViewport();
  await page.getByRole("complementary", { name: "Members" }).getByRole("button", { name: ben.username }).tap();
  await expect(page.getByRole("dialog")).toBeVisible();
  // What closes leaves its step of the history, which would cut off a navigation at the same time.
  const left = page.evaluate(() => new Promise<void>((done) => addEventListener("popstate", () => done(), { once: true })));
  await page.keyboard.press("Escape");
  await left;

  for (const path of ["/home", "/friends/add", "/discover", "/invite/none", "/nothing", "/settings/security", "/settings/appearance", "/settings/notifications"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectNoSideways(page);
  }
  // First the list of pages, then the page, and back.
  await page.goto(`/s/${place.server}/settings`);
  for (const name of ["Overview", "Roles", "Permissions", "Members", "Invitations", "Bans", "Audit log"]) {
    await page.getByRole("link", { name, exact: true }).tap();
    await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
    await expectNoSideways(page);
    await page.getByRole("button", { name: "Back" }).tap();
  }
});

test("on a phone a finger drawn across the page opens the channels and the members, and shuts them", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place), PHONE);
  const shell = page.locator(".shell");
  for (const [from, to, drawer] of [[60, 260, "channels"], [300, 80, "none"], [300, 80, "members"], [60, 260, "none"]] as const) {
    await swipe(page, from, to);
    await expect(shell).toHaveAttribute("data-drawer", drawer);
  }
  // The way back of the browser shuts what is open, and stays on the page.
  await page.getByRole("button", { name: "Servers and channels" }).tap();
  await page.goBack();
  await expect(shell).toHaveAttribute("data-drawer", "none");
  expect(new URL(page.url()).pathname).toBe(pathTo(place));
});

test("on a phone the way back closes one thing after the other, and then leaves the page", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.ask("POST", `/servers/${place.server}/channels`, { name: "harvest" }, ann.token);
  const page = await windows.as(ann, "/home", PHONE);
  const [shell, dialog] = [page.locator(".shell"), page.getByRole("dialog")];
  await page.getByRole("main").getByRole("link", { name: /^Garden/ }).tap();
  await expect(composer(page)).toBeVisible();
  await page.getByRole("button", { name: "Servers and channels" }).tap();
  await page.getByRole("button", { name: "Create channel" }).tap();
  await expect(dialog).toBeVisible();
  await page.goBack();
  await expect(dialog).toHaveCount(0);
  await expect(shell).toHaveAttribute("data-drawer", "channels");
  await page.goBack();
  await expect(shell).toHaveAttribute("data-drawer", "none");
  expect(new URL(page.url()).pathname).toBe(pathTo(place));
  // What is closed otherwise leaves no step behind, and what leads elsewhere leads there.
  await page.getByRole("button", { name: "Members" }).tap();
  await page.getByRole("complementary", { name: "Members" }).getByRole("button", { name: ann.username }).tap();
  await expect(dialog).toBeVisible();
  await page.goBack();
  await expect(dialog).toHaveCount(0);
  await expect(shell).toHaveAttribute("data-drawer", "members");
  await page.keyboard.press("Escape");
  await expect(shell).toHaveAttribute("data-drawer", "none");
  await page.getByRole("button", { name: "Servers and channels" }).tap();
  await page.locator(".sidebar").getByRole("link", { name: "harvest" }).tap();
  await expect(page.getByRole("heading", { name: "harvest", level: 1 })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Welcome to Beep" })).toBeVisible();
});

/** Draws a finger across the middle of the page. */
async function swipe(page: Page, from: number, to: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: from, y: 300 }] });
  await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x: (from + to) / 2, y: 302 }] });
  await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x: to, y: 304 }] });
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await session.detach();
}

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
  // 24 pixels are what WCAG 2.2 (2.5.8) asks for; what stands in a line of controls has 40.
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

  // Safari lays the keyboard over the page, and tells the visual viewport alone.
  await page.setViewportSize({ width: 360, height: 740 });
  const bottom = () => composer(page).evaluate((field) => field.getBoundingClientRect().bottom);
  await page.evaluate(() => {
    Object.defineProperty(visualViewport, "height", { configurable: true, get: () => 420 });
    visualViewport!.dispatchEvent(new Event("resize"));
  });
  await expect.poll(bottom).toBeLessThan(420);
  await expect(messages(page).last()).toBeInViewport();
  await page.evaluate(() => {
    delete (visualViewport as unknown as { height?: number }).height;
    visualViewport!.dispatchEvent(new Event("resize"));
  });
  await expect.poll(bottom).toBeGreaterThan(600);
});
