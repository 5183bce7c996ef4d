/** Inter, for the Latin script. It is read as data, as the page's policy lets no style sheet load a font. */
import inter from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";

/** Adds the face as soon as it is here; until then the page is in a font of the system. */
export async function loadFont(): Promise<void> {
  const answer = await fetch(inter);
  if (!answer.ok) return;
  const face = new FontFace("Inter Variable", await answer.arrayBuffer(), { weight: "100 900", display: "swap", unicodeRange: "U+0000-024F, U+2000-206F, U+20AC, U+2122, U+2190-2199, U+2212" });
  document.fonts.add(await face.load());
}
