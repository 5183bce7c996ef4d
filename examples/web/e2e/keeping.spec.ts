/** No word that somebody wrote is ever lost. */
import { channelLink, editor, inMessageMenu } from "./message";
import { composer, expect, logIn, messages, pathTo, say, test } from "./test";

test("what is being written stays through other channels, other pages and a reload", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.ask("POST", `/servers/${place.server}/channels`, { name: "harvest" }, ann.token);
  const page = await windows.as(ann, pathTo(place));
  await composer(page).fill("half a thought");
  await channelLink(page, "harvest").click();
  await expect(page.getByRole("heading", { name: "harvest", level: 1 })).toBeVisible();
  await expect(composer(page)).toHaveValue("");
  await composer(page).fill("another one");
  await channelLink(page, "general").click();
  await expect(composer(page)).toHaveValue("half a thought");
  await page.goto("/discover");
  await page.goBack();
  await expect(composer(page)).toHaveValue("half a thought");
  await page.reload();
  await expect(composer(page)).toHaveValue("half a thought");
  await channelLink(page, "harvest").click();
  await expect(composer(page)).toHaveValue("another one");
  await composer(page).press("Enter");
  await expect(messages(page).last()).toContainText("another one");
  await page.reload();
  await expect(composer(page)).toHaveValue("");
});

test("a change that is being made stays when one scrolls and looks elsewhere; Escape gives it up, and back", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.ask("POST", `/servers/${place.server}/channels`, { name: "harvest" }, ann.token);
  for (let number = 0; number < 60; number += 1) await backend.say(ann, place, `number ${number}`);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page).last()).toContainText("number 59");
  await composer(page).press("ArrowUp");
  await expect(editor(page)).toBeFocused();
  await editor(page).fill("number 59, corrected");
  await page.locator(".virtual").evaluate((view) => (view.scrollTop = 0));
  await channelLink(page, "harvest").click();
  await channelLink(page, "general").click();
  await expect(editor(page)).toHaveValue("number 59, corrected");
  await editor(page).press("Escape");
  await expect(composer(page)).toBeFocused();
  await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
  await composer(page).press("ArrowUp");
  await expect(editor(page)).toHaveValue("number 59, corrected");
  await editor(page).press("Enter");
  await expect(messages(page).last()).toContainText("number 59, corrected");
});

test("a message that is deleted while it is changed leaves its text", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const id = await backend.say(ann, place, "a first try");
  const page = await windows.as(ann, pathTo(place));
  await inMessageMenu(messages(page).last(), "Edit message");
  await editor(page).fill("a much better second try");
  await backend.ask("DELETE", `/channels/${place.channel}/messages/${id}`, undefined, ann.token);
  await expect(page.getByText("The message was deleted. Your text is still here.")).toBeVisible();
  await editor(page).press("Enter");
  await expect(composer(page)).toHaveValue("a much better second try");
});

test("what is written on while a change is saved is another change", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.say(ann, place, "a first try");
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page)).toHaveCount(1);
  let answer = () => {};
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route((url) => url.pathname.includes("/messages/"), async (route) => {
    await asked;
    await route.continue();
  });
  await composer(page).press("ArrowUp");
  await editor(page).fill("a second try");
  await editor(page).press("Enter");
  await editor(page).press("End");
  await page.keyboard.type(", and a third");
  answer();
  await expect(messages(page).last()).toContainText("a second try");
  await expect(editor(page)).toHaveValue("a second try, and a third");
  await page.reload();
  await expect(editor(page)).toHaveValue("a second try, and a third");
  await editor(page).press("Enter");
  await expect(messages(page).last()).toContainText("a second try, and a third");
});

test("who writes on as a change is saved or given up loses no key: one of the two fields always has the focus", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.say(ann, place, "a first try");
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page)).toHaveCount(1);
  const focused = await page.evaluateHandle(() => {
    const focused: string[] = [];
    new MutationObserver(() => void focused.push(document.activeElement?.localName ?? "")).observe(document.querySelector(".foot")!, { childList: true });
    return focused;
  });
  for (const key of ["Enter", "Escape"]) {
    await composer(page).press("ArrowUp");
    await editor(page).fill(`a second try, ended by ${key}`);
    await editor(page).press(key);
    await expect(composer(page)).toBeFocused();
  }
  expect(await focused.jsonValue()).toEqual(Array(4).fill("textarea"));
});

test("a message that waits is taken back into the composer, also while another one is changed", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.say(ann, place, "a first try");
  const page = await windows.as(ann, pathTo(place));
  const isSend = (url: URL) => url.pathname.endsWith("/messages");
  await page.route(isSend, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await say(page, "not yet");
  await expect(messages(page).last()).toContainText("Will be sent when connected.");
  await composer(page).fill("the rest");
  await inMessageMenu(messages(page).first(), "Edit message");
  await editor(page).fill("a second try");
  await page.locator("[data-state]").getByRole("button", { name: "Edit" }).click();
  await expect(composer(page)).toHaveValue("not yet\nthe rest");
  await expect(composer(page)).toBeFocused();
  await expect(page.locator("[data-state]")).toHaveCount(0);
  await inMessageMenu(messages(page).first(), "Edit message");
  await expect(editor(page)).toHaveValue("a second try");
});

test("what is sent while the backend is gone waits, and arrives once and in order", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await say(one, "before");
  await expect(messages(two)).toHaveCount(1);
  await backend.kill();
  await expect(one.locator(".banner")).toContainText("No connection.");
  for (const text of ["first", "second", "third"]) await say(one, text);
  await expect(messages(one).last()).toContainText("Will be sent when connected.");
  await composer(one).fill("and not yet sent");
  await backend.run();
  for (const page of [one, two]) {
    // Unless it has connected by itself by then.
    await page.evaluate(() => document.querySelector<HTMLElement>(".banner button")?.click());
  }
  for (const page of [one, two]) {
    await expect(page.locator("[data-state]")).toHaveCount(0, { timeout: 30_000 });
    await expect(messages(page)).toHaveCount(4);
    expect((await messages(page).locator(".text").allInnerTexts()).map((text) => text.trim())).toEqual(["before", "first", "second", "third"]);
  }
  await expect(composer(one)).toHaveValue("and not yet sent");
});

test("what waits to be sent outlives the page", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  const isSend = (url: URL) => url.pathname.endsWith("/messages");
  await page.route(isSend, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await say(page, "written in a tunnel");
  await expect(messages(page).last()).toContainText("Will be sent when connected.");
  await page.unroute(isSend);
  await page.reload();
  await expect(messages(page).last()).toContainText("written in a tunnel");
  await expect(page.locator("[data-state]")).toHaveCount(0, { timeout: 30_000 });
  await page.reload();
  await expect(messages(page)).toHaveCount(1);
});

test("what is sent leaves the composer and enters the queue in one step: a page that ends in between has it once", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const page = await windows.as(ann, pathTo(await backend.place(ann, "Garden")));
  await composer(page).fill("once");
  const writes = await page.evaluateHandle(() => {
    const transactions: IDBTransaction[] = [];
    const writes: string[] = [];
    const note = (store: IDBObjectStore, what: string, key: unknown) => {
      const kind = /\/(queue|draft)\//.exec(String(key))?.[1];
      if (kind === undefined) return;
      if (!transactions.includes(store.transaction)) transactions.push(store.transaction);
      writes.push(`${transactions.indexOf(store.transaction)} ${what} ${kind}`);
    };
    const { put, delete: remove } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (value, key) {
      note(this, "put", key);
      return put.call(this, value, key);
    };
    IDBObjectStore.prototype.delete = function (key) {
      note(this, "remove", key);
      return remove.call(this, key);
    };
    return writes;
  });
  await composer(page).press("Enter");
  await expect(page.locator("[data-state]")).toHaveCount(0);
  const all = await writes.jsonValue();
  const queued = all.find((write) => write.endsWith("put queue"))?.split(" ")[0];
  expect(queued).toBeDefined();
  expect(all).toContain(`${queued} remove draft`);
});

test("who may not write any longer keeps what was written, and who logs in again finds it", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const page = await windows.as(ben, pathTo(place));
  await composer(page).fill("half a thought");
  const set = (permissions: readonly string[]) => backend.ask("PATCH", `/servers/${place.server}/roles/${place.everyone}`, { permissions }, ann.token);
  await set(["view_channels"]);
  await expect(composer(page)).not.toBeEditable();
  await expect(composer(page)).toHaveValue("half a thought");
  await expect(page.locator(".composer")).toContainText("You cannot send messages in this channel.");
  await composer(page).press("Enter");
  await expect(messages(page)).toHaveCount(0);
  // Out of sight altogether, and back.
  await set([]);
  await expect(composer(page)).toHaveCount(0);
  await set(["view_channels", "send_messages"]);
  await channelLink(page, "general").click();
  await expect(composer(page)).toHaveValue("half a thought");
  await expect(composer(page)).toBeEditable();

  const sessions = await backend.ask<{ items: { id: string; label: string | null }[] }>("GET", "/self/sessions", undefined, ben.token);
  const browser = sessions.items.find(({ label }) => label === "Web browser")!;
  await backend.ask("DELETE", `/self/sessions/${browser.id}`, undefined, ben.token);
  await expect(page.getByText("Your session ended.")).toBeVisible();
  await logIn(page, ben.username);
  await expect(composer(page)).toHaveValue("half a thought");
});

test("a text that is too long is kept whole, and sent as several", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  const text = Array.from({ length: 1_100 }, (_, number) => `word${number}`).join(" ");
  await composer(page).fill(text);
  await expect(composer(page)).toHaveValue(text);
  await expect(page.locator(".counter")).toHaveAttribute("data-over", "true");
  await composer(page).press("Enter");
  await expect(composer(page)).toHaveValue(text);
  await page.getByRole("button", { name: "Send as 3 messages" }).click();
  await expect(messages(page)).toHaveCount(3);
  await expect(page.locator("[data-state]")).toHaveCount(0);
  const sent = await backend.ask<{ items: { content: string }[] }>("GET", `/channels/${place.channel}/messages`, undefined, ann.token);
  expect(sent.items.map(({ content }) => content).reverse().join(" ").split(/\s+/)).toEqual(text.split(" "));
  // As the backend counts: an emoji is one.
  await composer(page).fill("😀".repeat(3_900));
  await expect(page.locator(".counter")).toHaveText("100");
});

test("far up, the arrow changes the last message where one can see it, and changes nothing by itself later", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  for (let number = 0; number < 90; number += 1) await backend.say(ann, place, `number ${number}`);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page).last()).toContainText("number 89");
  await page.locator(".virtual").evaluate((view) => (view.scrollTop -= 2_000));
  await expect(page.locator(".newest")).toBeVisible();
  await composer(page).press("ArrowUp");
  await expect(editor(page)).toHaveValue("number 89");
  await expect(editor(page)).toBeFocused();
  await expect(page.locator("[data-mark=editing]")).toBeInViewport();
  await editor(page).press("Escape");
  await expect(composer(page)).toBeFocused();
  await page.locator(".virtual").evaluate((view) => (view.scrollTop -= 2_000));
  await page.locator(".newest").click();
  await expect(messages(page).last()).toBeInViewport();
  await expect(editor(page)).toHaveCount(0);
});

test("a message whose text was taken away is deleted, after a question", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.say(ann, place, "said too soon");
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page)).toHaveCount(1);
  await composer(page).press("ArrowUp");
  await editor(page).fill("");
  await editor(page).press("Enter");
  await expect(page.getByRole("dialog")).toContainText("said too soon");
  await page.getByRole("dialog").getByRole("button", { name: "Delete message" }).click();
  await expect(messages(page)).toHaveCount(0);
  await expect(composer(page)).toBeFocused();
});

test("a change that somebody made elsewhere meanwhile is told to who is changing the same", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const id = await backend.say(ann, place, "a first try");
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page)).toHaveCount(1);
  await composer(page).press("ArrowUp");
  await editor(page).fill("a third try");
  await backend.ask("PATCH", `/channels/${place.channel}/messages/${id}`, { content: "a second try" }, ann.token);
  await expect(page.getByText("This message was changed elsewhere in the meantime.")).toBeVisible();
  await expect(editor(page)).toHaveValue("a third try");
});
