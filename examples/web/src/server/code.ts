/** The code in what somebody was given: itself, `code@b.example.com`, or in a link, whatever stands around it. */
export function codeIn(text: string): string {
  const given = decoded(text.trim());
  const link = given.lastIndexOf("/invite/");
  if (link < 0) return /^[^\s/?#]+$/.test(given) && !given.includes(":") ? given : "";
  return /^[A-Za-z0-9_-]+(?:@[A-Za-z0-9.-]*[A-Za-z0-9])?/.exec(given.slice(link + "/invite/".length))?.[0] ?? "";
}

/** The domain in a code of another backend. */
export function domainIn(code: string): string | null {
  return code.split("@")[1] ?? null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
