/** The composer: words of other scripts, names, emoji and marks. */
import { composer, expect, messages, pathTo, test } from "./test";

test("a key that ends a word in Japanese sends nothing, whichever way the browser says so", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  await composer(page).focus();
  const session = await page.context().newCDPSession(page);
  await session.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  await composer(page).dispatchEvent("keydown", { key: "Enter", code: "Enter", keyCode: 229, isComposing: true, bubbles: true });
  await expect(composer(page)).toHaveValue("にほん");
  await session.send("Input.insertText", { text: "日本" });
  // Safari says it after the word is done.
  await composer(page).dispatchEvent("keydown", { key: "Enter", code: "Enter", keyCode: 229, bubbles: true, cancelable: true });
  await composer(page).dispatchEvent("keydown", { key: "ArrowUp", keyCode: 229, bubbles: true, cancelable: true });
  await expect(composer(page)).toHaveValue("日本");
  await expect(messages(page)).toHaveCount(0);
  await composer(page).press("Enter");
  await expect(messages(page).last()).toContainText("日本");
});

test("names and emoji are completed by keys, and sent so that everybody sees who is meant", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await composer(one).pressSequentially(`hello @${ben.username.slice(0, 2)}`);
  const options = one.getByRole("option");
  await expect(options.filter({ hasText: `@${ben.username}` })).toBeVisible();
  const active = await composer(one).getAttribute("aria-activedescendant");
  await expect(one.locator(`[id="${active}"]`)).toHaveAttribute("aria-selected", "true");
  await one.keyboard.press("Escape");
  await expect(options).toHaveCount(0);
  await composer(one).fill("");
  await composer(one).pressSequentially(`hello @${ben.username}`);
  await one.keyboard.press("Enter");
  await expect(composer(one)).toHaveValue(`hello @${ben.username} `);
  await composer(one).pressSequentially("see #gen");
  await one.keyboard.press("Tab");
  await composer(one).pressSequentially(":tada");
  await expect(options.first()).toContainText(":tada:");
  await one.keyboard.press("Enter");
  await composer(one).press("Enter");
  await expect(messages(two).last()).toContainText(`hello @${ben.username} see #general 🎉`);
  await expect(messages(two).last()).toHaveAttribute("data-for-me", "true");
  await expect(messages(two).last().getByRole("link", { name: "#general" })).toBeVisible();
  // Who changes it sees names, not ids.
  await composer(one).press("ArrowUp");
  await expect(one.getByRole("textbox", { name: "Edit message" })).toHaveValue(new RegExp(`^hello @${ben.username} see #general 🎉`));
});

test("emoji are found by words and chosen by arrows; the last ones come first", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  for (const turn of [1, 2]) {
    await page.getByRole("button", { name: "Emoji" }).click();
    const picker = page.getByRole("dialog", { name: "Emoji" });
    await expect(picker.getByRole("searchbox")).toBeFocused();
    if (turn === 1) {
      await page.keyboard.type("rocket");
      await expect(picker.locator("[data-emoji]").first()).toHaveAccessibleName("rocket");
      await page.keyboard.press("ArrowDown");
      await expect(picker.getByRole("button", { name: "rocket" })).toBeFocused();
    } else {
      await expect(picker.getByRole("heading").first()).toHaveText("Recently used");
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("Enter");
    await expect(picker).toHaveCount(0);
    await expect(composer(page)).toHaveValue("🚀".repeat(turn));
    await expect(composer(page)).toBeFocused();
  }
  await composer(page).press("Enter");
  await expect(messages(page).last().locator(".markup")).toHaveCSS("font-size", "40px");
});

test("keys put marks around what is selected, and the browser undoes them", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  await composer(page).fill("word");
  for (const [keys, text] of [["Control+b", "**word**"], ["Control+b", "word"], ["Control+i", "*word*"], ["Control+z", "word"], ["Control+Shift+X", "~~word~~"]] as const) {
    if (keys !== "Control+z") await page.keyboard.press("Control+a");
    await page.keyboard.press(keys);
    await expect(composer(page)).toHaveValue(text);
  }
});

test("what is selected is marked by a bar as well, which keeps the selection", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  const bar = page.getByRole("toolbar", { name: "Format" });
  await composer(page).fill("word");
  await expect(bar).toHaveCount(0);
  await page.keyboard.press("Control+a");
  for (const [name, text] of [["Hidden text", "||word||"], ["Hidden text", "word"], ["Bold", "**word**"]] as const) {
    await bar.getByRole("button", { name }).click();
    await expect(composer(page)).toHaveValue(text);
    await expect(composer(page)).toBeFocused();
  }
  await page.keyboard.press("End");
  await expect(bar).toHaveCount(0);
  await page.keyboard.press("Control+a");
  await bar.getByRole("button", { name: "Quote" }).click();
  await composer(page).press("Enter");
  await expect(messages(page).last().locator("blockquote strong")).toHaveText("word");
  await expect(bar).toHaveCount(0);
});

test("files are not sent yet: that is said, and the browser does not open them in place of the page", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  for (const type of ["drop", "paste"] as const) {
    const prevented = await composer(page).evaluate((field, type) => {
      const data = new DataTransfer();
      data.items.add(new File(["x"], "picture.png", { type: "image/png" }));
      const event = type === "drop" ? new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }) : new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data });
      return !field.dispatchEvent(event);
    }, type);
    expect(prevented, type).toBe(true);
    await expect(page.locator(".toast").last()).toContainText("Beep cannot send files yet.");
  }
});

test("in a slow channel the pause is counted down, and what is written meanwhile is kept", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  await backend.ask("PATCH", `/channels/${place.channel}`, { slow_mode_s: 5 }, ann.token);
  const page = await windows.as(ben, pathTo(place));
  await composer(page).fill("one");
  await composer(page).press("Enter");
  await expect(page.locator(".countdown")).toBeVisible();
  await composer(page).fill("two");
  await composer(page).press("Enter");
  await expect(composer(page)).toHaveValue("two");
  await expect(page.locator(".composer")).toContainText(/You can write again in \d s/);
  await expect(page.locator(".countdown")).toHaveCount(0);
  await composer(page).press("Enter");
  await expect(messages(page).last()).toContainText("two");
});
