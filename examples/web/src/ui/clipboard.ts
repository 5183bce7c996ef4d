/** Copies text, over plain HTTP too, where browsers withhold `navigator.clipboard`. Gives whether it was copied. */
export async function copy(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // The person or the browser refused; there is the older way.
  }
  const place = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "hidden";
  field.setAttribute("readonly", "");
  // Inside of the dialog that is open, or it may not have the focus.
  (document.querySelector(".dialog") ?? document.body).append(field);
  try {
    field.focus();
    field.select();
    return document.execCommand("copy");
  } finally {
    field.remove();
    if (place instanceof HTMLElement) place.focus();
  }
}
