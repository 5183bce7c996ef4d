/** Moving about: keys, places that are remembered, names that stay where they are, and settings of this device. */
import { composer, createServer, expect, fillLogIn, inMenu, messages, openPage, pathTo, settled, test } from "./test";

async function channels(backend: { ask: <Answer>(method: string, path: string, body?: unknown, token?: string) => Promise<Answer> }, server: string, token: string, names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const name of names) ids.push((await backend.ask<{ id: string }>("POST", `/servers/${server}/channels`, { name }, token)).id);
  return ids;
}

test("the last channel of each server opens again, and the start leads to the last place", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const [garden, kitchen] = [await backend.place(ann, "Garden"), await backend.place(ann, "Kitchen")];
  await channels(backend, garden.server, ann.token, ["harvest"]);
  const page = await windows.as(ann, pathTo(garden));
  await page.getByRole("link", { name: "harvest" }).click();
  await expect(page).toHaveTitle("#harvest · Garden – Beep");
  await expect(composer(page), "one can write at once").toBeFocused();
  await page.getByRole("navigation", { name: "Servers" }).getByRole("link", { name: "Kitchen" }).click();
  await expect(page).toHaveTitle("#general · Kitchen – Beep");
  await page.getByRole("navigation", { name: "Servers" }).getByRole("link", { name: "Garden" }).click();
  await expect(page.getByRole("heading", { name: "harvest", level: 1 })).toBeVisible();
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "harvest", level: 1 })).toBeVisible();
  expect(kitchen.server).not.toBe(garden.server);
});

test("by keys alone: to a channel by letters, to its neighbour, to the next server, round the page, and the list of keys", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const garden = await backend.place(ann, "Garden");
  await backend.place(ann, "Kitchen");
  await channels(backend, garden.server, ann.token, ["harvest", "tools"]);
  const page = await windows.as(ann, pathTo(garden));
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox")).toBeFocused();
  await page.keyboard.type("tls");
  await expect(page.getByRole("option").first()).toContainText("tools");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "tools", level: 1 })).toBeVisible();
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press("Alt+ArrowUp");
  await expect(page.getByRole("heading", { name: "harvest", level: 1 })).toBeVisible();
  await page.keyboard.press("Control+Alt+ArrowDown");
  await expect(page).toHaveTitle("#general · Kitchen – Beep");
  await expect(composer(page)).toBeFocused();
  const members = page.getByRole("complementary", { name: "Members" });
  await expect(members.getByRole("button", { name: ann.username })).toBeVisible();
  for (const region of [members, page.getByRole("navigation", { name: "Servers" })]) {
    await page.keyboard.press("F6");
    await expect(region.locator(":focus")).toHaveCount(1);
  }
  await page.keyboard.press("Control+/");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  for (const key of ["Bold", "Hidden text", "Next unread channel"]) await expect(page.getByRole("dialog")).toContainText(key);
  await page.keyboard.press("Escape");
  await inMenu(page, "Server settings");
  expect(new URL(page.url()).pathname).toMatch(/\/settings$/);
  await openPage(page, "Roles");
  expect(new URL(page.url()).pathname).toMatch(/\/settings\/roles$/);
  await page.keyboard.press("Escape");
  await expect(page).toHaveTitle("#general · Kitchen – Beep");
});

test("F6 goes to members that are still loading, and on from there", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const garden = await backend.place(ann, "Garden");
  await backend.place(ann, "Kitchen");
  const page = await windows.as(ann, pathTo(garden));
  let answer = () => {};
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route((url) => url.pathname.endsWith("/members"), async (route) => {
    await asked;
    await route.continue();
  });
  await page.keyboard.press("Control+Alt+ArrowDown");
  await expect(page).toHaveTitle("#general · Kitchen – Beep");
  await expect(composer(page)).toBeFocused();
  const members = page.getByRole("complementary", { name: "Members" });
  await page.keyboard.press("F6");
  await expect(members).toBeFocused();
  answer();
  await expect(members.getByRole("button", { name: ann.username })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(members.getByRole("button", { name: ann.username })).toBeFocused();
  await page.keyboard.press("F6");
  await expect(page.getByRole("navigation", { name: "Servers" }).locator(":focus")).toHaveCount(1);
});

test("a list is one stop of the tab key, and arrows go through it", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const garden = await backend.place(ann, "Garden");
  await channels(backend, garden.server, ann.token, ["harvest", "tools"]);
  const page = await windows.as(ann, pathTo(garden));
  await page.getByRole("link", { name: "general" }).focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("link", { name: "harvest" })).toBeFocused();
  await page.keyboard.press("End");
  await expect(page.getByRole("link", { name: "tools" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "How others see you" })).toBeFocused();
});

test("names without an end break nothing: the servers stay in reach, and every row ends in its column", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const long = "unbroken".repeat(9);
  await channels(backend, place.server, ann.token, [long]);
  const { version } = await backend.ask<{ version: number }>("GET", `/channels/${place.channel}`, undefined, ann.token);
  await backend.ask("PATCH", `/channels/${place.channel}`, { topic: "a topic that goes on and on ".repeat(12), version }, ann.token);
  const page = await windows.as(ann, pathTo(place));
  await expect(page.getByRole("link", { name: long })).toBeVisible();
  const wide = (selector: string) => page.locator(selector).first().evaluate((element) => element.getBoundingClientRect().width);
  expect(await wide(".bar h1"), "a topic does not squeeze the name").toBeGreaterThan(40);
  await page.getByRole("link", { name: long }).click();
  expect(await page.locator(".sidebar nav").evaluate((nav) => nav.scrollWidth - nav.clientWidth)).toBe(0);
  expect(await page.locator(".sidebar").evaluate((side) => side.scrollLeft)).toBe(0);
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole("button", { name: "Servers and channels" }).click();
  expect(await wide(".rail")).toBe(72);
  await expect(page.getByRole("link", { name: "Discover servers" })).toBeInViewport();
});

test("names that read from the right turn nothing around", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.ask("PATCH", "/self", { display_name: "שרה 12" }, ann.token);
  await backend.say(ann, place, "hello");
  const page = await windows.as(ann, pathTo(place));
  const places = await messages(page).first().locator("header").evaluate((header) => {
    const name = header.querySelector("bdi")!.getBoundingClientRect();
    const time = header.querySelector("time")!;
    const range = document.createRange();
    range.selectNodeContents(time);
    return { name: [name.left, name.right], time: [...range.getClientRects()].map(({ left }) => left) };
  });
  expect(places.time, "the time is in one piece").toHaveLength(1);
  expect(places.time[0]).toBeGreaterThan(places.name[1]!);
});

test("with many servers the ways to more of them stay in view", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  for (let number = 0; number < 18; number += 1) await backend.place(ann, `Place ${number}`, { visibility: "private" });
  const page = await windows.as(ann, "/home");
  for (const name of ["Create a server", "Discover servers"]) await expect(page.getByRole("navigation", { name: "Servers" }).getByLabel(name)).toBeInViewport({ ratio: 1 });
});

test("the appearance is kept on the device, and is there before anything is painted", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  // Scripts come from the network, so that they can be held back.
  const page = await windows.as(ann, "/settings/appearance", { serviceWorkers: "block" });
  await page.getByRole("radio", { name: "Black (OLED)" }).check();
  await page.getByRole("radio", { name: "Compact" }).check();
  await page.getByRole("slider", { name: "Text size" }).fill("20");
  await page.getByRole("switch", { name: "Reduce motion" }).check();
  const size = () => page.evaluate(() => getComputedStyle(document.body).fontSize);
  expect(await size()).toBe("20px");
  await page.route(/\/assets\/.*\.js$/, (route) => route.abort());
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "oled");
  await expect(page.locator("html")).toHaveAttribute("data-density", "compact");
  expect(await size()).toBe("20px");
});

for (const [what, languages, stored] of [["an odd locale", ["en-US@posix"], null], ["nothing at all", [], null], ["odd storage", ["en"], "{nonsense"]] as const) {
  test(`${what} gives no blank page`, async ({ backend, windows }) => {
    const ann = await backend.person("ann");
    const place = await backend.place(ann, "Garden");
    await backend.say(ann, place, "hello");
    const page = await windows.open("/home");
    await page.context().addInitScript(([languages, stored]) => {
      Object.defineProperty(navigator, "languages", { get: () => languages });
      if (stored !== null) for (const key of ["beep.appearance", "beep.places", "beep.members", "beep.locale"]) localStorage.setItem(key, stored);
    }, [languages, stored] as const);
    await page.reload();
    await fillLogIn(page, ann.username, "correct horse battery");
    await settled(page);
    await page.goto(pathTo(place));
    await expect(messages(page)).toHaveCount(1);
  });
}

test("in Arabic the page is mirrored, and sentences hold their names together", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.open(`/invite/${await backend.invite(ann, place)}`, { locale: "ar" });
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page.getByRole("heading", { level: 1 }).filter({ hasText: "Garden" })).toHaveText("أنت مدعو إلى \u2068Garden\u2069");
});

test("what is copied over plain HTTP is copied", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const page = await windows.as(ann);
  // As browsers have it on http:// other than loopback.
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await createServer(page, "Garden");
  await page.getByRole("button", { name: "Invite people" }).click();
  const link = await page.getByLabel("Invitation link").inputValue();
  await page.getByRole("dialog").getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  const field = page.getByRole("textbox", { name: "Username", exact: true });
  await field.focus();
  await page.keyboard.press("Control+v");
  await expect(field).toHaveValue(link);
});

test("six wrong digits: it is said, the step survives a reload, and after too many tries a new code is asked for", async ({ backend, windows }) => {
  const username = backend.free("zoe");
  const email = `${username}@example.com`;
  const page = await windows.open();
  await page.getByLabel("Mail address").fill(email);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill("password");
  await page.locator("form").getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByText("Too common – choose something harder to guess.")).toHaveCount(1);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.locator("form").getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  await page.reload();
  const code = page.getByLabel("Six-digit code");
  await expect(code).toBeFocused();
  const right = await backend.code(email);
  const wrong = right === "000000" ? "111111" : "000000";
  for (let tries = 0; tries < 5; tries += 1) {
    await expect(code).toHaveValue("");
    await code.fill(wrong);
    await expect(page.getByRole("alert").filter({ hasText: tries < 4 ? "That code is wrong or too old." : "Too many wrong tries." })).toBeVisible();
  }
  await expect(code).toBeDisabled();
  await page.getByRole("button", { name: "Send a new code" }).click();
  await expect(code).toBeEnabled();
  await expect(page.getByRole("button", { name: /^New code in \d+ s$/ })).toBeDisabled();
  await code.fill(await backend.code(email));
  await expect(page.getByRole("heading", { name: "Welcome to Beep" })).toBeVisible();
});

test("who left before the code was entered enters it later, by username too; the step outlives another language", async ({ backend, windows }) => {
  const username = backend.free("zoe");
  const email = `${username}@example.com`;
  await backend.ask("POST", "/register", { email, username, password: "correct horse battery" });
  const page = await windows.open();
  await fillLogIn(page, username, "correct horse battery");
  await expect(page.getByRole("alert").first()).toContainText("This account waits for the code that was mailed.");
  await page.getByRole("button", { name: "Enter the code" }).click();
  await page.getByLabel("Mail address").fill(email);
  await page.getByRole("button", { name: "Send a new code" }).click();
  await expect(page.getByLabel("Six-digit code")).toBeVisible();
  await page.getByLabel("Language").selectOption("fr");
  await expect(page.getByRole("heading", { name: "Consultez vos courriels" })).toBeVisible();
  await page.locator("input[name=code]").fill(await backend.code(email));
  await settled(page);
});

test("a login that has to wait says so", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const page = await windows.open();
  let asked = 0;
  await page.route((url) => url.pathname === "/v1/login", (route) => {
    asked += 1;
    if (asked > 1) return route.continue();
    return route.fulfill({ status: 429, headers: { "retry-after": "4" }, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "too many", status: 429, code: "rate_limited", detail: "too many", retry_after: 4 }) });
  });
  await fillLogIn(page, ann.username, "correct horse battery");
  await expect(page.getByText("This takes a while")).toBeVisible();
  await settled(page);
  expect(asked).toBe(2);
});

test("the members are put away by a button, and stay so; where one was is not where the next account is", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  const members = page.getByRole("complementary", { name: "Members" });
  await expect(members).toBeVisible();
  await page.getByRole("main").getByRole("button", { name: "Members" }).click();
  await expect(members).toBeHidden();
  await page.reload();
  await expect(composer(page)).toBeVisible();
  await expect(members).toBeHidden();
  const sessions = await backend.ask<{ items: { id: string; label: string | null }[] }>("GET", "/self/sessions", undefined, ann.token);
  await backend.ask("DELETE", `/self/sessions/${sessions.items.find(({ label }) => label === "Web browser")!.id}`, undefined, ann.token);
  await expect(page.getByText("Your session ended.")).toBeVisible();
  await fillLogIn(page, ben.username, "correct horse battery");
  await settled(page);
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Welcome to Beep" })).toBeVisible();
});

test("in the quick switcher what is unread comes first", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const garden = await backend.place(ann, "Garden");
  const kitchen = await backend.place(ann, "Kitchen");
  await backend.join(ben, kitchen);
  await channels(backend, garden.server, ann.token, ["harvest"]);
  const page = await windows.as(ann, pathTo(garden));
  await backend.say(ben, kitchen, "dinner is ready");
  await expect(page).toHaveTitle(/^\(1\)/);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("option").first()).toContainText("Kitchen");
  await expect(page.getByRole("option").first()).toContainText("unread");
  await page.keyboard.press("Enter");
  await expect(page).toHaveTitle("#general · Kitchen – Beep");
});
