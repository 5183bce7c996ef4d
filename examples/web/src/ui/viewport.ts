/**
 * Keeps the page as tall as what one sees of it. Safari lays the keyboard of a phone over the page instead of making the
 * page smaller, and says so by the visual viewport alone.
 */
export function followViewport(view: VisualViewport | null = globalThis.visualViewport): void {
  if (!view) return;
  const { style } = document.documentElement;
  view.addEventListener("resize", () => {
    // Whoever zooms in sees a part of the page, which stays as it is.
    const covered = view.scale < 1.01 && innerHeight - view.height > KEYBOARD_PX;
    if (!covered) return style.removeProperty("--seen");
    style.setProperty("--seen", `${view.height}px`);
    // It was moved up so that the field would be seen, which it is now by itself.
    scrollTo(0, 0);
  });
}

/** No keyboard is lower; bars of the browser are. */
const KEYBOARD_PX = 120;
