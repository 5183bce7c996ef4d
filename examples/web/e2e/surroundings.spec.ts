/** What is around the page: other tabs, no storage, other elements in it, odd clocks, paper. Nothing of it breaks it. */
import { channelLink, editor, inMessageMenu } from "./message";
import { composer, expect, fillLogIn, garden, history, messages, pathTo, say, settled, test, type Page } from "./test";

/** Another tab of the same browser. */
async function tabOf(page: Page, path: string): Promise<Page> {
  const tab = await page.context().newPage();
  await tab.goto(path);
  return tab;
}

test("two tabs of one account: what is read, sent and chosen in one is so in the other", async ({ backend, windows }) => {
  const { ann, ben, place, second } = await garden(backend);
  const one = await windows.as(ann, `/s/${place.server}/${second}`);
  const two = await tabOf(one, `/s/${place.server}/${second}`);
  await settled(two);
  await backend.say(ben, place, "hello");
  for (const tab of [one, two]) await expect(tab).toHaveTitle(/^\(1\) #harvest/);
  await channelLink(two, "general").click();
  await expect(two).toHaveTitle(/^#general/);
  await expect(one, "read there is read here").toHaveTitle(/^#harvest/);
  await say(two, "from the second tab");
  await channelLink(one, "general").click();
  await expect(messages(one)).toHaveCount(2);
  await expect(messages(one).last()).toContainText("from the second tab");

  await two.goto("/settings/appearance");
  await two.getByRole("radio", { name: "Black (OLED)" }).check();
  await expect(one.locator("html")).toHaveAttribute("data-theme", "oled");
});

test("two accounts in one browser: the tab of the first gives way, and shows nothing of the second", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  const one = await windows.open("/");
  const two = await tabOf(one, "/");
  await fillLogIn(one, ann.username, "correct horse battery");
  await settled(one);
  await one.goto(pathTo(place));
  await composer(one).fill("half a thought");
  await fillLogIn(two, ben.username, "correct horse battery");
  await settled(two);
  await expect(one.getByRole("heading", { name: "You are signed in as somebody else" })).toBeVisible();
  await expect(messages(one)).toHaveCount(0);
  await one.getByRole("button", { name: "Go on with that account" }).click();
  await settled(one);
  await expect(one.locator(".self")).toContainText(`@${ben.username}`);
  await expect(one.getByRole("heading", { name: "Welcome to Beep" }), "where the first one was is not where the second is").toBeVisible();
  await one.goto(pathTo(place));
  await expect(composer(one)).toHaveValue("");
});

for (const [what, spoil] of [
  ["forbidden", () => {
    for (const name of ["localStorage", "sessionStorage", "indexedDB", "BroadcastChannel"]) {
      Object.defineProperty(window, name, { get: () => { throw new DOMException("denied", "SecurityError"); } });
    }
  }],
  ["full", () => {
    const full = () => { throw new DOMException("full", "QuotaExceededError"); };
    Storage.prototype.setItem = full;
    IDBObjectStore.prototype.put = full;
  }],
] as const) {
  test(`with storage that is ${what} one signs in, talks and goes about; what is written stays for the visit`, async ({ backend, windows }) => {
    const { ann, ben, place } = await garden(backend);
    const page = await windows.open("/home");
    await page.context().addInitScript(spoil);
    await page.reload();
    await fillLogIn(page, ann.username, "correct horse battery");
    await settled(page);
    await page.goto(pathTo(place));
    await say(page, "hello");
    await expect(page.locator("[data-state]")).toHaveCount(0);
    await backend.say(ben, place, "good morning");
    await expect(messages(page).last()).toContainText("good morning");
    await composer(page).fill("half a thought");
    await channelLink(page, "harvest").click();
    await expect(composer(page)).toHaveValue("");
    await channelLink(page, "general").click();
    await expect(composer(page)).toHaveValue("half a thought");
    await page.goto("/settings/appearance");
    await page.getByRole("radio", { name: "Dark", exact: true }).check();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  });
}

/** Puts each text into elements, as browsers that translate do; `instead`: another text in its place. */
function translate(instead: boolean): void {
  const wrap = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts) {
      if (text.data.trim() === "" || text.parentElement?.closest("font, script, style, textarea, [translate=no]")) continue;
      const [outer, inner] = [document.createElement("font"), document.createElement("font")];
      text.replaceWith(outer);
      outer.append(inner);
      inner.append(instead ? document.createTextNode(text.data.toUpperCase()) : text);
    }
  };
  wrap();
  new MutationObserver(wrap).observe(document.body, { childList: true, subtree: true, characterData: true });
}

for (const instead of [false, true]) {
  test(`a page that is translated, its texts ${instead ? "replaced" : "wrapped"}, goes on and shows what changes`, async ({ backend, windows }) => {
    const { ann, ben, place, second } = await garden(backend);
    const first = await backend.say(ben, place, "one **two** three");
    const page = await windows.as(ann, pathTo(place));
    await expect(messages(page)).toHaveCount(1);
    await page.evaluate(translate, instead);
    const last = messages(page).last();
    await backend.ask("PATCH", `/channels/${place.channel}/messages/${first}`, { content: "four *five* six" }, ben.token);
    await expect(last).toContainText(/four five six/i);
    await expect(last).not.toContainText(/one|three/i);
    await say(page, "mine");
    await expect(last).toContainText(/mine/i);
    // What is still on its way is not edited.
    await expect(last).not.toContainText(/sending/i);
    await composer(page).press("ArrowUp");
    await editor(page).fill("mine, better");
    await editor(page).press("Enter");
    await expect(last).toContainText(/mine, better/i);
    await backend.say(ben, { ...place, channel: second }, "ripe tomatoes");
    await expect(page).toHaveTitle(/^\(1\)/);
    await page.locator(".channels a").nth(1).click();
    await expect(last).toContainText(/ripe tomatoes/i);
    await backend.ask("PATCH", `/channels/${second}`, { name: "cellar", topic: "What keeps" }, ann.token);
    await expect(page.locator(".bar h1")).toHaveText(/cellar/i);
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("combobox")).toBeFocused();
    await page.keyboard.press("Escape");
    await page.locator(".channels a").nth(0).click();
    await backend.ask("DELETE", `/channels/${place.channel}/messages/${first}`, undefined, ben.token);
    await expect(messages(page)).toHaveCount(1);
    await backend.kill();
    await expect(page.locator(".banner")).toBeVisible();
    await backend.run();
    await expect(page.locator(".banner")).toHaveCount(0, { timeout: 30_000 });
    await expect(page.locator(".broken")).toHaveCount(0);
  });
}

for (const hours of [-30, -3, 3, 30]) {
  test(`a clock that is ${hours} hours off changes neither the order nor the days, and nobody waits longer in a slow channel`, async ({ backend, windows }) => {
    const { ann, ben, place } = await garden(backend);
    await backend.say(ann, place, "before");
    const page = await windows.open("/home");
    await page.context().addInitScript((hours) => {
      const Real = Date;
      const off = hours * 3_600_000;
      window.Date = class extends Real {
        constructor(...given: unknown[]) {
          super(...((given.length === 0 ? [Real.now() + off] : given) as [number]));
        }
        static override now = () => Real.now() + off;
      } as DateConstructor;
    }, hours);
    await page.reload();
    await fillLogIn(page, ben.username, "correct horse battery");
    await settled(page);
    await page.goto(pathTo(place));
    await say(page, "one");
    await expect(page.locator("[data-state]")).toHaveCount(0);
    await expect(messages(page).last()).toContainText("one");
    await expect(page.locator(".day")).toHaveCount(1);
    await backend.ask("PATCH", `/channels/${place.channel}`, { slow_mode_s: 3 }, ann.token);
    await expect(page.locator(".composer")).toContainText("Slow mode");
    await say(page, "two");
    await expect(messages(page).last()).toContainText("two");
    await composer(page).fill("three");
    // The pause begins once the backend has the message before, and ends in its own time, whatever the clock says.
    await expect(async () => {
      await expect(page.locator(".countdown")).toHaveCount(0);
      await composer(page).press("Enter");
      await expect(composer(page)).toHaveValue("", { timeout: 1_000 });
    }).toPass({ timeout: 10_000 });
    await expect(messages(page).last()).toContainText("three");
    // A clock that is ahead does not know that the pause goes on: the backend does, and the text is there to be sent again.
    await expect(async () => {
      const again = messages(page).last().getByRole("button", { name: "Try again" });
      if (await again.count()) await again.click();
      await expect(page.locator("[data-state]")).toHaveCount(0, { timeout: 1_000 });
    }).toPass();
    await page.reload();
    await expect(messages(page)).toHaveCount(4);
    expect((await messages(page).locator(".text").allInnerTexts()).map((text) => text.trim())).toEqual(["before", "one", "two", "three"]);
    await expect(page.locator(".day")).toHaveCount(1);
  });
}

test("whoever tells the system that they need more contrast has it, unless they chose a theme here", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const page = await windows.as(ann, "/settings/appearance", { contrast: "more" });
  const html = page.locator("html");
  await expect(html).toHaveAttribute("data-theme", "contrast");
  await page.getByRole("radio", { name: "Dark" }).check();
  await expect(html).toHaveAttribute("data-theme", "dark");
  await page.getByRole("radio", { name: "System" }).check();
  await expect(html).toHaveAttribute("data-theme", "contrast");
  await page.emulateMedia({ contrast: "no-preference" });
  await expect(html).toHaveAttribute("data-theme", "system");
});

test("whoever travels to another time zone sees all times in it", async ({ backend, windows }) => {
  const { ann, place } = await garden(backend);
  await backend.say(ann, place, "hello");
  // The zone of the window is set here, not by the test's own settings.
  const page = await windows.open("/home", { timezoneId: "" });
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setTimezoneOverride", { timezoneId: "Asia/Kathmandu" });
  await fillLogIn(page, ann.username, "correct horse battery");
  await settled(page);
  await page.goto(pathTo(place));
  const time = messages(page).first().locator("header time");
  const sent = new Date((await time.getAttribute("datetime"))!);
  const at = (timeZone: string) => new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone }).format(sent);
  await expect(time).toHaveText(at("Asia/Kathmandu"));
  await session.send("Emulation.setTimezoneOverride", { timezoneId: "Asia/Tokyo" });
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await expect(time).toHaveText(at("Asia/Tokyo"));
});

test("on paper there is what was said, and nothing to press", async ({ backend, windows }) => {
  const { ann, place } = await garden(backend);
  for (let number = 0; number < 40; number += 1) await backend.say(ann, place, `number ${number}`);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page).last()).toContainText("number 39");
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  for (const gone of [page.getByRole("navigation", { name: "Servers" }), page.locator(".sidebar"), page.locator(".members"), composer(page), page.getByRole("button", { name: "Pinned messages" })]) await expect(gone).toBeHidden();
  await expect(page.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  const { tall, seen, light } = await page.evaluate(() => ({
    tall: document.documentElement.scrollHeight,
    seen: innerHeight,
    light: getComputedStyle(document.documentElement).colorScheme,
  }));
  expect(tall, "all rows that are drawn are on paper").toBeGreaterThan(seen);
  expect(light).toBe("light");
});

test("with forced colours one sees where one is, what is unread and what is for oneself", async ({ backend, windows }) => {
  const { ann, ben, place, second } = await garden(backend);
  await backend.say(ben, place, `look, <@${ann.id}>`);
  const page = await windows.as(ann, pathTo(place));
  await backend.say(ben, { ...place, channel: second }, "ripe tomatoes");
  await expect(channelLink(page, "harvest")).toHaveAccessibleName(/unread/);
  await page.emulateMedia({ forcedColors: "active" });
  const seen = await page.evaluate(() => {
    const style = (selector: string, part?: string) => getComputedStyle(document.querySelector(selector)!, part);
    return {
      ground: style("body").backgroundColor,
      dot: style(".channels li:has(.unread-mark)", "::before").backgroundColor,
      pill: style(".tile[aria-current]", "::before").backgroundColor,
      current: style(".channels a[aria-current]").outlineStyle,
      mine: style(".message[data-for-me]").borderInlineStartStyle,
    };
  });
  expect(seen).toMatchObject({ current: "solid", mine: "solid" });
  expect(seen.dot).not.toBe(seen.ground);
  expect(seen.pill).not.toBe(seen.ground);
});

for (const by of ["the system", "the setting"] as const) {
  test(`who wants less motion, by ${by}, sees none, and still sees where a link leads`, async ({ backend, windows }) => {
    const { ann, ben, place } = await garden(backend);
    const first = await backend.say(ben, place, "number 0");
    for (let number = 1; number < 30; number += 1) await backend.say(ben, place, `number ${number}`);
    const page = await windows.as(ann, pathTo(place), by === "the system" ? { reducedMotion: "reduce" } : {});
    if (by === "the setting") await page.evaluate(() => (document.documentElement.dataset["motion"] = "reduced"));
    const moving = () => page.evaluate(() => document.getAnimations().map((one) => (one instanceof CSSAnimation ? one.animationName : String((one as CSSTransition).transitionProperty))));
    await page.getByRole("button", { name: "Create a server" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    expect(await moving()).toEqual([]);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await page.locator(".server-head").click();
    expect(await moving()).toEqual([]);
    await page.keyboard.press("Escape");
    await inMessageMenu(messages(page).last(), "Copy ID");
    await expect(page.locator(".toast")).toBeVisible();
    expect(await moving()).toEqual([]);
    await history(page).evaluate((view) => (view.scrollTop = 0));
    expect(await moving()).toEqual([]);
    await page.evaluate((path) => {
      window.history.pushState(null, "", path);
      dispatchEvent(new PopStateEvent("popstate"));
    }, `${pathTo(place)}/${first}`);
    const flash = await page.waitForFunction(() => {
      const row = document.querySelector("[data-mark=flash]");
      return row && { text: row.textContent, ground: getComputedStyle(row).backgroundColor, moving: document.getAnimations().length };
    });
    const { text, ground, moving: count } = (await flash.jsonValue())!;
    expect(text).toContain("number 0");
    expect(count).toBe(0);
    expect(ground).not.toBe("rgba(0, 0, 0, 0)");
  });
}
