/** A second factor is set up, asked for and taken away, with the keyboard and on a phone. */
import { audit } from "./audit";
import { Authenticator } from "./authenticator";
import { PASSWORD, expect, fillLogIn, logIn, settled, test, type Page } from "./test";

/** Switches it on, from the settings; gives the app and the recovery codes. */
async function switchOn(page: Page): Promise<{ app: Authenticator; codes: string[] }> {
  await page.getByRole("button", { name: "Switch on" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Second factor" });
  await expect(dialog.getByLabel("Password")).toBeFocused();
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  const app = new Authenticator(await dialog.getByLabel("Or enter this key there").inputValue());
  await expect(dialog.getByLabel("Six-digit code")).toBeFocused();
  await page.keyboard.type(app.code());
  const list = dialog.getByRole("list", { name: "Recovery codes" });
  await expect(list.getByRole("listitem")).toHaveCount(10);
  const codes = await list.getByRole("listitem").allTextContents();
  await page.getByRole("button", { name: "I have kept them" }).click();
  await expect(page.getByRole("button", { name: "New recovery codes" })).toBeVisible();
  return { app, codes };
}

test("a second factor is set up and asked for, by keyboard", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const page = await windows.as(ann, "/settings/security");
  await page.getByRole("button", { name: "Switch on" }).click();
  const dialog = page.getByRole("dialog", { name: "Second factor" });
  await dialog.getByLabel("Password").fill("not my password");
  await page.keyboard.press("Enter");
  await expect(dialog.getByText("Wrong password.")).toBeVisible();
  await audit(page, "second factor: password");
  await dialog.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("img", { name: "QR code" })).toBeVisible();
  await dialog.getByLabel("Six-digit code").fill("000000");
  await expect(dialog.getByText("That is not the code. Is the clock of your phone right?")).toBeVisible();
  await expect(dialog.getByLabel("Six-digit code")).toBeFocused();
  await audit(page, "second factor: code");
  await page.keyboard.press("Escape");
  const { app, codes } = await switchOn(page);
  await audit(page, "second factor that is on");
  await page.reload();
  await expect(page.getByText("When you sign in, you are asked for a code of your authenticator app.")).toBeVisible();

  const other = await windows.open();
  await fillLogIn(other, ann.username, "not my password");
  await expect(other.getByText("Wrong username or password.")).toBeVisible();
  await fillLogIn(other, ann.username, PASSWORD);
  const code = other.getByLabel("Code");
  await expect(code).toBeFocused();
  await audit(other, "second step of logging in");
  await other.keyboard.type("000000");
  await other.keyboard.press("Enter");
  await expect(other.getByText("This code is wrong or was used before.")).toBeVisible();
  await expect(code).toBeFocused();
  await code.fill(app.code());
  await other.keyboard.press("Enter");
  await settled(other);

  // With a recovery code, once.
  for (const passes of [true, false]) {
    const third = await windows.open();
    await fillLogIn(third, ann.username, PASSWORD);
    await third.getByLabel("Code").fill(codes[0] ?? "");
    await third.keyboard.press("Enter");
    if (passes) await settled(third);
    else await expect(third.getByText("This code is wrong or was used before.")).toBeVisible();
  }
});

test("a second factor is asked for before what is dangerous, and switched off, on a phone", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const page = await windows.as(ann, "/settings/security", { viewport: { width: 390, height: 844 }, hasTouch: true });
  const { codes } = await switchOn(page);
  const form = page.getByRole("form", { name: "Change password" });
  await form.getByLabel("Current password").fill(PASSWORD);
  await form.getByLabel("New password").fill("a better password");
  await expect(form.getByRole("button", { name: "Change password" })).toBeDisabled();
  await form.getByLabel("Code").fill("aaaa-aaaa-aaaa-aaaa");
  await form.getByRole("button", { name: "Change password" }).tap();
  await expect(form.getByText("This code is wrong or was used before.")).toBeVisible();
  await audit(page, "code that was wrong");
  await form.getByLabel("Code").fill(codes[0] ?? "");
  await form.getByRole("button", { name: "Change password" }).tap();
  await expect(page.getByText("Your password is changed.").first()).toBeVisible();

  const fresh = `new-${ann.username}@example.com`;
  const mail = page.getByRole("form", { name: "Change mail address" });
  await mail.getByLabel("New mail address").fill(fresh);
  await mail.getByLabel("Password").fill("a better password");
  await mail.getByLabel("Code").fill(codes[1] ?? "");
  await page.keyboard.press("Enter");
  await expect(mail.getByLabel("Six-digit code")).toBeFocused();
  await mail.getByLabel("Six-digit code").fill(await backend.code(fresh));
  await mail.getByLabel("Code", { exact: true }).fill(codes[2] ?? "");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Your mail address is changed.")).toBeVisible();

  await page.getByRole("button", { name: "New recovery codes" }).tap();
  const renewing = page.getByRole("dialog", { name: "New recovery codes" });
  await renewing.getByLabel("Password").fill("a better password");
  await renewing.getByLabel("Code").fill(codes[0] ?? "");
  await page.keyboard.press("Enter");
  await expect(renewing.getByText("Password or code is wrong.")).toBeVisible();
  await renewing.getByLabel("Code").fill(codes[3] ?? "");
  await page.keyboard.press("Enter");
  const list = renewing.getByRole("list", { name: "Recovery codes" });
  await expect(list.getByRole("listitem")).toHaveCount(10);
  const [first] = await list.getByRole("listitem").allTextContents();
  await audit(page, "recovery codes");
  await page.getByRole("button", { name: "I have kept them" }).tap();

  await page.getByRole("button", { name: "Switch off" }).tap();
  const dialog = page.getByRole("dialog", { name: "Switch off" });
  await dialog.getByLabel("Password").fill("a better password");
  await dialog.getByLabel("Code").fill(first ?? "");
  await dialog.getByRole("button", { name: "Switch off" }).tap();
  await expect(page.getByText("You sign in with your password alone now.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Switch on" })).toBeVisible();
  const other = await windows.open();
  await logIn(other, ann.username, "a better password");
});
