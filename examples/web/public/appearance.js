// Sets, before anything is painted, what was chosen on this device; `src/appearance/appearance.ts` stores it.
(() => {
  const root = document.documentElement;
  try {
    const locale = localStorage.getItem("beep.locale");
    if (locale && /^[a-z]{2}$/.test(locale)) {
      root.lang = locale;
      if (locale === "ar") root.dir = "rtl";
    }
    const { theme, density, motion, textSize } = JSON.parse(localStorage.getItem("beep.appearance") ?? "{}");
    if ((theme ?? "system") === "system" && matchMedia("(prefers-contrast: more)").matches) root.dataset.theme = "contrast";
    else if (typeof theme === "string") root.dataset.theme = theme;
    if (typeof density === "string") root.dataset.density = density;
    if (typeof motion === "string") root.dataset.motion = motion;
    if (textSize >= 12 && textSize <= 20) root.style.setProperty("--text-scale", String(textSize / 15));
  } catch {
    // Then the page looks as the system does.
  }
})();
