/** The handle in what somebody wrote: `name` or `name@b.example.com`, with an `@` before it or without. */
export function handleIn(text: string): string {
  const [name = "", ...domain] = text.trim().replace(/^@/, "").split("@");
  return [name, ...domain.map((part) => part.toLowerCase())].join("@");
}

/** The domain in a handle of another backend. */
export function domainOf(handle: string): string | null {
  return handle.split("@")[1] ?? null;
}
