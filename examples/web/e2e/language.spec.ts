/** French, by the browser's wish and by one's own. */
import { expect, logIn, messages, pathTo, settled, test } from "./test";

test("a browser that speaks French gets French, dates included", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Jardin");
  await backend.say(ann, place, "bonjour");
  const page = await windows.open("/", { locale: "fr-FR" });
  await expect(page.locator("html")).toHaveAttribute("lang", "fr");
  await page.getByRole("button", { name: "Connexion" }).click();
  await page.getByLabel("Nom d’utilisateur ou adresse").fill(ann.username);
  await page.getByLabel("Mot de passe").fill("correct horse battery");
  await page.getByRole("button", { name: "Se connecter" }).click();
  await settled(page);
  await page.goto(pathTo(place));
  await expect(messages(page).or(page.getByRole("article"))).toHaveCount(1);
  await expect(page.locator(".day")).toHaveText("Aujourd’hui");
  await expect(page.locator(".message time")).toHaveAttribute("title", /^\d+ (janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre) \d{4}/);
  await expect(page.getByRole("heading", { name: "1 membre" })).toBeVisible();
  await page.getByRole("textbox").press("Enter");
});

test("one chooses another language, and it is kept", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const page = await windows.open();
  await page.getByLabel("Language").selectOption("fr");
  await expect(page.getByRole("button", { name: "Connexion" })).toBeVisible();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "fr");
  await page.getByLabel("Langue").selectOption("en");
  await expect(page.getByRole("heading", { name: "Create an account" })).toBeVisible();
  await logIn(page, ann.username);
});
