/** Pictures of the main pages, in both themes and as a phone shows them: for people to look at. */
import { Backend } from "./backend";
import { picture } from "./picture";
import { composer, expect, inMenu, leaveSettings, messages, openPage, pathTo, settled, test as base, type Person, type Place } from "./test";

// A backend of its own, on which nobody has a number in their name.
const test = base.extend<object, { backend: Backend }>({
  backend: [
    async ({}, use) => {
      const backend = await Backend.start();
      await use(backend);
      await backend.stop();
    },
    { scope: "worker" },
  ],
});

test("pictures", async ({ backend, windows }) => {
  test.setTimeout(240_000);
  const { ada, bob, place } = await village(backend);
  const page = await windows.open();
  await page.getByRole("button", { name: "Log in" }).click();
  await picture(page, "login");
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByLabel("Mail address").fill("dora@example.com");
  await page.getByLabel("Username").fill("dora");
  await page.getByLabel("Password").fill("correct horse battery");
  await picture(page, "sign-up");
  await page.locator("form").getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByText("the newest file in the folder “mail”")).toBeVisible();
  await picture(page, "code");
  await page.goto(`/invite/${await backend.invite(ada, place)}`);
  await expect(page.getByRole("heading", { name: "You are invited to Garden club" })).toBeVisible();
  await picture(page, "invitation-signed-out");

  const own = await windows.as(ada, pathTo(place));
  await expect(messages(own).last()).toContainText("kettle");
  await picture(own, "conversation");
  await messages(own).nth(3).hover();
  await own.getByRole("complementary", { name: "Members" }).getByRole("button", { name: "Bob" }).click();
  await expect(own.getByRole("dialog", { name: "Bob" })).toBeVisible();
  await picture(own, "member");
  await own.keyboard.press("Escape");
  await own.getByRole("button", { name: "Channel settings" }).click();
  await expect(own.getByRole("dialog", { name: "Settings of #general" })).toBeVisible();
  await picture(own, "channel");
  await own.keyboard.press("Escape");
  await own.locator(".server-head").click();
  await expect(own.getByRole("menu")).toBeVisible();
  await picture(own, "server-menu");
  await own.keyboard.press("Escape");
  await own.getByRole("button", { name: "Create a server" }).click();
  await own.getByRole("dialog").getByLabel("Name").fill("Book circle");
  await picture(own, "create-server");
  await own.keyboard.press("Escape");
  await own.getByRole("button", { name: "Invite people" }).click();
  await expect(own.getByLabel("Invitation link")).toBeVisible();
  await own.getByText("Show QR code").click();
  await picture(own, "invite");
  await own.keyboard.press("Escape");
  await own.keyboard.press("Control+k");
  await own.getByRole("combobox").fill("ha");
  await picture(own, "switcher");
  await own.keyboard.press("Escape");
  await own.getByRole("link", { name: "Your account" }).click();
  await expect(own.getByRole("heading", { name: "Your account", level: 1 })).toBeVisible();
  await picture(own, "account");
  for (const name of ["Sessions", "Appearance", "Keyboard shortcuts"]) {
    await openPage(own, name);
    await picture(own, name.split(" ")[0]!.toLowerCase());
  }
  await leaveSettings(own);
  await inMenu(own, "Server settings");
  await expect(own.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
  await picture(own, "settings");
  await openPage(own, "Roles");
  await own.getByRole("row", { name: "Gardener" }).click();
  await picture(own, "roles");
  for (const name of ["Members", "Channels", "Bans"]) {
    await openPage(own, name);
    await picture(own, `settings-${name.toLowerCase()}`);
  }
  await openPage(own, "Invitations");
  await expect(own.getByLabel("Invitation link").first()).toBeVisible();
  await picture(own, "invitations");

  const other = await windows.as(bob);
  await picture(other, "home");
  await other.goto("/discover");
  await expect(other.getByRole("heading", { name: "Garden club" })).toBeVisible();
  await picture(other, "discover");
  await other.goto(`/s/${place.server}/${place.channel}`);
  await composer(other).fill("Something that will not arrive");
  await other.route((url) => url.pathname.endsWith("/messages"), (route) => (route.request().method() === "POST" ? route.fulfill({ status: 403, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "refused", status: 403, code: "permission_denied", detail: "refused", missing: ["send_messages"] }) }) : route.continue()));
  await composer(other).press("Enter");
  await expect(messages(other).last()).toContainText("Not sent");
  await picture(other, "failed");
  await other.goto("/nowhere/at/all");
  await expect(other.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
  await picture(other, "nowhere");

  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
  const small = await windows.as(ada, pathTo(place), phone);
  await expect(messages(small).last()).toContainText("kettle");
  await picture(small, "phone-conversation");
  await small.getByRole("button", { name: "Servers and channels" }).click();
  await picture(small, "phone-channels");
  await inMenu(small, "Server settings");
  await expect(small.getByRole("link", { name: "Roles" })).toBeVisible();
  await picture(small, "phone-settings");
  await small.getByRole("link", { name: "Roles" }).click();
  await picture(small, "phone-roles");
  await small.goto("/home");
  await picture(small, "phone-home");
  await small.goto("/discover");
  await expect(small.getByRole("heading", { name: "Night sky" })).toBeVisible();
  await picture(small, "phone-discover");
  const arabic = await windows.open("/", { locale: "ar" });
  await picture(arabic, "arabic-sign-up");
  await arabic.getByRole("button", { name: "تسجيل الدخول" }).click();
  await arabic.getByLabel("اسم المستخدم أو البريد").fill(ada.username);
  await arabic.getByLabel("كلمة المرور").fill("correct horse battery");
  await arabic.locator("form").getByRole("button", { name: "تسجيل الدخول" }).click();
  await settled(arabic);
  await arabic.goto(pathTo(place));
  await expect(messages(arabic).or(arabic.getByRole("article")).last()).toContainText("kettle");
  await picture(arabic, "arabic-conversation");
  await arabic.goto(`/s/${place.server}/settings/roles`);
  await expect(arabic.getByRole("heading", { level: 1 })).toBeVisible();
  await picture(arabic, "arabic-roles");
  await leaveSettings(own);
  await backend.kill();
  await expect(own.getByText("No connection.")).toBeVisible();
  await picture(own, "offline");
});

/** A backend on which some people have been for a while. */
async function village(backend: Backend): Promise<{ ada: Person; bob: Person; place: Place }> {
  const [ada, bob, cleo] = [await backend.person("ada"), await backend.person("bob"), await backend.person("cleo")];
  for (const [person, display_name, bio] of [[ada, "Ada", "Grows more than she can eat."], [bob, "Bob", "Compost enthusiast"], [cleo, "Cléo Marchand", "Roses, mostly."]] as const) {
    await backend.ask("PATCH", "/self", { display_name, bio }, person.token);
  }
  const place = await backend.place(ada, "Garden club", { description: "Seeds, tools and too many courgettes. Newcomers welcome." });
  const other = await backend.place(cleo, "Night sky", { description: "What is up there tonight, and with which lens." });
  await backend.join(bob, place);
  await backend.join(cleo, place);
  await backend.join(ada, other);
  for (const [name, topic] of [["harvest", "What is ripe"], ["tools", "Lend and borrow"]]) {
    await backend.ask("POST", `/servers/${place.server}/channels`, { name, topic }, ada.token);
  }
  const { version } = await backend.ask<{ version: number }>("GET", `/channels/${place.channel}`, undefined, ada.token);
  await backend.ask("PATCH", `/channels/${place.channel}`, { topic: "Everything that grows, and what eats it", version }, ada.token);
  const role = await backend.ask<{ id: string }>("POST", `/servers/${place.server}/roles`, { name: "Gardener", permissions: ["manage_messages", "manage_channels"], color: 0x2f8f4e }, ada.token);
  await backend.ask("PUT", `/servers/${place.server}/members/${bob.id}/roles/${role.id}`, {}, ada.token);
  for (const [who, text] of [
    [ada, "Good morning! The first tomatoes are in :tomato:".replace(":tomato:", "🍅")],
    [bob, "Already? Mine are still *thinking about it*."],
    [bob, "What do you feed them?"],
    [ada, "Nettle tea, once a week:\n- one kilo of nettles\n- ten litres of water\n- two weeks of **patience**"],
    [cleo, "And a clothes peg for the nose."],
    [ada, "> clothes peg\nIt is not *that* bad. Details are at https://example.org/nettle-tea"],
    [cleo, "The watering timer runs on this now:\n```\nevery 2 days at 06:30 water(bed = 3, minutes = 12)\n```"],
    [bob, "Neat. Does it know when it rains?"],
    [cleo, "It asks `weather(today)` first."],
    [bob, "Then I come by on Saturday with the broken pump and you tell me what to do with it. I bring cake."],
    [ada, "Deal. I put the kettle on."],
  ] as const) {
    const said = await backend.say(who, place, text);
    if (text.startsWith("Then I come")) await backend.ask("PUT", `/channels/${place.channel}/pins/${said}`, {}, ada.token);
  }
  return { ada, bob, place };
}
