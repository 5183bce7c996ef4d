/** The code in what somebody was given: itself, `code@b.example.com`, or at the end of a link. */
export function codeIn(text: string): string {
  const last = text.trim().split("/").at(-1) ?? "";
  const code = last.split(/[?#]/)[0] ?? "";
  try {
    return decodeURIComponent(code);
  } catch {
    return code;
  }
}
