/** The page can be read and used in a window 320 pixels wide, and with text twice as large (WCAG 2.2, 1.4.4 and 1.4.10). */
import { auditAsItIs } from "./audit";
import { composer, expect, fillLogIn, inMenu, messages, pathTo, test, type Backend, type Page, type Person, type Place } from "./test";

const WAYS = [
  // What a window of 1280 pixels is at 400 %.
  { how: "in 320 pixels", viewport: { width: 320, height: 640 }, scale: 1 },
  { how: "with text twice as large", viewport: { width: 1280, height: 800 }, scale: 2 },
  { how: "on a phone with text twice as large", viewport: { width: 390, height: 844 }, scale: 2 },
] as const;

async function garden(backend: Backend): Promise<{ ann: Person; ben: Person; place: Place }> {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "The garden of long names", { description: "Everything about beds, seeds and what grows of them" });
  await backend.join(ben, place);
  await backend.ask("POST", `/servers/${place.server}/channels`, { name: "harvest-of-the-year", topic: "What is ripe, and who eats it" }, ann.token);
  await backend.ask("POST", `/servers/${place.server}/roles`, { name: "Gardener", permissions: [], color: 0x2f8f4e }, ann.token);
  for (const text of ["**bold** and `code`, https://example.org/a/long/address/that/does/not/fit", "> quoted\n\n# A heading", "```\na block of code that is longer than a narrow window is wide, by far\n```"]) await backend.say(ben, place, text);
  return { ann, ben, place };
}

for (const { how, viewport, scale } of WAYS) {
  test(`${how} nothing is cut off and nothing is out of reach, before one is signed in`, async ({ backend, windows }) => {
    const { ann, place } = await garden(backend);
    const page = await windows.open("/", { viewport, reducedMotion: "reduce" });
    await expect(page.getByRole("heading", { name: "Create an account" })).toBeVisible();
    await look(page, scale, "sign-up");
    await fillLogIn(page, "nobody", "wrong password");
    await expect(page.getByRole("alert")).not.toBeEmpty();
    await look(page, scale, "login that failed");
    await page.goto(`/invite/${await backend.invite(ann, place)}`);
    await expect(page.getByRole("heading", { name: "You are invited to The garden of long names" })).toBeVisible();
    await look(page, scale, "invitation");
  });

  test(`${how} nothing is cut off and nothing is out of reach, for who is signed in`, async ({ backend, windows }) => {
    test.setTimeout(180_000);
    const { ann, place } = await garden(backend);
    const page = await windows.as(ann, "/home", { viewport, reducedMotion: "reduce" });
    await look(page, scale, "home");
    for (const path of ["/discover", "/nothing", "/settings/profile", "/settings/security", "/settings/sessions", "/settings/appearance", "/settings/keyboard", ...["overview", "channels", "roles", "permissions", "members", "invitations", "bans", "audit"].map((name) => `/s/${place.server}/settings/${name}`)]) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await look(page, scale, path);
    }
    await page.goto(pathTo(place));
    await expect(messages(page)).toHaveCount(3);
    await look(page, scale, "conversation");
    await composer(page).fill("a thought that is longer than one line of a narrow window ".repeat(6));
    await look(page, scale, "writing");
    await expect(composer(page)).toBeInViewport();
    await expect(page.getByRole("button", { name: "Send" })).toBeInViewport({ ratio: 1 });
    await composer(page).fill("");
    await page.getByRole("button", { name: "Pinned messages" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await look(page, scale, "dialog");
    await page.keyboard.press("Escape");
    const menu = page.getByRole("button", { name: "Servers and channels" });
    if (await menu.isVisible()) await menu.click();
    await expect(page.getByRole("link", { name: "harvest-of-the-year" })).toBeInViewport();
    await look(page, scale, "channels");
    await inMenu(page, "Invite people");
    await expect(page.getByRole("dialog")).toBeVisible();
    await look(page, scale, "inviting");
  });
}

/** Sees that nothing is beyond the window or cut off within a control, and what axe says. */
async function look(page: Page, scale: number, name: string): Promise<void> {
  // As the browser's own setting does.
  await page.evaluate((scale) => document.documentElement.style.setProperty("font-size", `${scale * 100}%`), scale);
  const { sideways, beyond, cut } = await page.evaluate(() => {
    const isSeen = (one: Element) => one.checkVisibility({ visibilityProperty: true }) && one.closest("[inert], .hidden, .skip, .drawer:not(.shell:not([data-drawer=none]) *)") === null;
    // What scrolls by itself may be wider than the window.
    const scrolls = (one: Element | null): boolean => one !== null && (["auto", "scroll"].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
    const told = (one: Element) => one.outerHTML.slice(0, 160);
    const controls = [...document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, h1, h2, h3, label")].filter(isSeen);
    const at = (one: Element) => one.getBoundingClientRect();
    return {
      sideways: document.documentElement.scrollWidth - innerWidth,
      beyond: controls.filter((one) => at(one).width > 0 && (at(one).left < -1 || at(one).right > innerWidth + 1) && !scrolls(one.parentElement)).map(told),
      cut: controls
        .filter((one) => !one.matches("input, textarea"))
        .filter((one) => {
          const { overflowX, textOverflow, whiteSpace } = getComputedStyle(one);
          const isEllipsis = textOverflow === "ellipsis" && whiteSpace === "nowrap";
          return overflowX !== "visible" && !isEllipsis && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 2);
        })
        .map(told),
    };
  });
  expect.soft({ sideways: Math.max(0, sideways), beyond, cut }, name).toEqual({ sideways: 0, beyond: [], cut: [] });
  await auditAsItIs(page, name);
}
