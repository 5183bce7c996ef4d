/** What one signs in with is changed, what was forgotten is replaced, and an account is deleted. */
import { audit } from "./audit";
import { PASSWORD, composer, connected, expect, fillLogIn, garden, logIn, messages, pathTo, say, settled, test } from "./test";

test("a password is changed: other devices are signed out, and the new one lets in", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const [one, two] = [await windows.as(ann, "/settings/security"), await windows.as(ann)];
  const form = one.getByRole("form", { name: "Change password" });
  await form.getByLabel("Current password").fill("not my password");
  await form.getByLabel("New password").fill("password");
  await form.getByRole("button", { name: "Change password" }).click();
  await expect(form.getByText("Wrong password.")).toBeVisible();
  await expect(form.getByLabel("Current password")).toBeFocused();
  await audit(one, "password that was wrong");
  await form.getByLabel("Current password").fill(PASSWORD);
  await one.keyboard.press("Enter");
  await expect(form.getByText("Too common – choose something harder to guess.")).toBeVisible();
  await form.getByLabel("New password").fill("a better password");
  await one.keyboard.press("Enter");
  await expect(one.getByText("Your password is changed.").first()).toBeVisible();
  await expect(two.getByText("Your session ended. Please log in again.")).toBeVisible();
  await fillLogIn(two, ann.username, PASSWORD);
  await expect(two.getByText("Wrong username or password.")).toBeVisible();
  await logIn(two, ann.username, "a better password");
  await one.reload();
  await expect(one.getByRole("form", { name: "Change password" })).toBeVisible();
});

test("a forgotten password is replaced from the login page, by keyboard, and a reload loses nothing", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const email = `${ann.username}@example.com`;
  const page = await windows.open();
  await page.getByRole("button", { name: "Log in" }).first().click();
  await page.getByRole("button", { name: "Forgot your password?" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "New password" })).toBeVisible();
  await expect(page.getByLabel("Mail address")).toBeFocused();
  await audit(page, "forgotten password");
  await page.keyboard.type(email);
  await page.keyboard.press("Enter");
  const code = page.getByLabel("Six-digit code");
  await expect(code).toBeFocused();
  await audit(page, "code for a new password");
  await page.reload();
  await expect(code).toBeFocused();
  const right = await backend.code(email);
  await page.keyboard.type(right === "000000" ? "111111" : "000000");
  await page.getByLabel("New password").fill("a better password");
  await page.keyboard.press("Enter");
  await expect(page.getByText("That code is wrong or too old.")).toBeVisible();
  await expect(code).toBeFocused();
  await code.fill(right);
  await page.getByRole("button", { name: "Set new password" }).click();
  await expect(page.getByText("Your password is changed. Log in with the new one.")).toBeVisible();
  await logIn(page, ann.username, "a better password");
});

test("a mail address is changed with the code that is sent there, and one stays signed in", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  const page = await windows.as(ann, "/settings/security");
  const form = page.getByRole("form", { name: "Change mail address" });
  const fresh = `new-${ann.username}@example.com`;
  await form.getByLabel("New mail address").fill(fresh);
  await form.getByLabel("Password").fill("not my password");
  await page.keyboard.press("Enter");
  await expect(form.getByText("Wrong password.")).toBeVisible();
  await form.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  const code = form.getByLabel("Six-digit code");
  await expect(code).toBeFocused();
  const right = await backend.code(fresh);
  await code.fill(right === "000000" ? "111111" : "000000");
  await expect(form.getByText("That code is wrong or too old.")).toBeVisible();
  await code.fill(right);
  await expect(page.getByText("Your mail address is changed.")).toBeVisible();
  await expect(form.getByText(fresh)).toBeVisible();
  // It goes on as it was: one session, which is told what happens.
  await page.goto("/settings/sessions");
  await expect(page.getByRole("list", { name: "Sessions" }).getByText("This device")).toBeVisible();
  await page.goto(pathTo(place));
  await connected(page);
  await backend.say(ben, place, "welcome back");
  await expect(messages(page).getByText("welcome back")).toBeVisible();
  await say(page, "thanks");
  await page.reload();
  await settled(page);
  await expect(messages(page).getByText("thanks")).toBeVisible();
});

test("one signs out everywhere else at once", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const [one, two, three] = [await windows.as(ann), await windows.as(ann), await windows.as(ann, "/settings/sessions")];
  await three.getByRole("button", { name: "Sign out everywhere else" }).click();
  for (const page of [one, two]) await expect(page.getByText("Your session ended. Please log in again.")).toBeVisible();
  await expect(three.getByRole("list", { name: "Sessions" }).getByRole("listitem")).toHaveCount(1);
});

test("an account is deleted: on a phone, by who owns no server, and what was said stays by a deleted user", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  const [owner, phone] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place), { viewport: { width: 390, height: 844 }, hasTouch: true })];
  await backend.say(ben, place, "see you later");
  await expect(messages(owner).getByText("see you later")).toBeVisible();

  // Not while one owns a server.
  await owner.goto("/settings/security");
  await owner.getByRole("button", { name: "Delete account" }).click();
  const asked = owner.getByRole("dialog", { name: "Delete account" });
  await expect(asked.getByRole("button", { name: "Delete account" })).toBeDisabled();
  await asked.getByLabel(`Type “${ann.username}” to confirm`).fill(ann.username);
  await asked.getByLabel("Password").fill(PASSWORD);
  await owner.keyboard.press("Enter");
  await expect(asked.getByText("You own a server, or are the last administrator here.")).toBeVisible();
  await owner.keyboard.press("Escape");
  await owner.goto(pathTo(place));
  await connected(owner);

  await phone.goto("/settings/security");
  await phone.getByRole("button", { name: "Delete account" }).tap();
  const dialog = phone.getByRole("dialog", { name: "Delete account" });
  await dialog.getByLabel(`Type “${ben.username}” to confirm`).fill(ben.username);
  await dialog.getByLabel("Password").fill("not my password");
  await dialog.getByRole("button", { name: "Delete account" }).tap();
  await expect(dialog.getByText("Wrong password.")).toBeVisible();
  await audit(phone, "deleting an account");
  await dialog.getByLabel("Password").fill(PASSWORD);
  await dialog.getByRole("button", { name: "Delete account" }).tap();
  await expect(phone.getByText("Your account is deleted.")).toBeVisible();
  await expect(phone.getByRole("button", { name: "Log in" }).first()).toBeVisible();

  await expect(messages(owner).getByText("see you later")).toBeVisible();
  await expect(messages(owner).getByText("Deleted user").first()).toBeVisible();
  await expect(owner.getByRole("heading", { name: "1 member" })).toBeVisible();
  await expect(composer(owner)).toBeEnabled();
  await fillLogIn(phone, ben.username, PASSWORD);
  await expect(phone.getByText("Wrong username or password.")).toBeVisible();
});
