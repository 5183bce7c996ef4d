/** The domain in a handle or a code of another backend, as `name@b.example.com`. */
export function domainIn(text: string): string | null {
  return text.split("@")[1] || null;
}
