/** The languages whose code is shown in colours. */

/** Text, or text of a kind with more inside. */
export type Colored = string | { readonly kind: string; readonly parts: readonly Colored[] };

export const LANGUAGES = ["bash", "c", "cpp", "csharp", "css", "diff", "go", "java", "javascript", "json", "kotlin", "markdown", "php", "python", "ruby", "rust", "sql", "swift", "typescript", "xml", "yaml"] as const;
export type Language = (typeof LANGUAGES)[number];

const OTHER_NAMES: Readonly<Record<string, Language>> = {
  sh: "bash", shell: "bash", zsh: "bash", console: "bash", h: "c", "c++": "cpp", cc: "cpp", hpp: "cpp", "c#": "csharp", cs: "csharp", patch: "diff", golang: "go",
  js: "javascript", jsx: "javascript", mjs: "javascript", kt: "kotlin", md: "markdown", py: "python", rb: "ruby", rs: "rust", ts: "typescript", tsx: "typescript",
  html: "xml", svg: "xml", yml: "yaml", toml: "yaml", ini: "yaml", postgresql: "sql", sqlite: "sql",
};

/** The language of a name, as people write it; `null` if it stays plain. */
export function languageOf(name: string | undefined): Language | null {
  const lower = name?.toLowerCase() ?? "";
  return LANGUAGES.find((language) => language === lower) ?? (Object.hasOwn(OTHER_NAMES, lower) ? OTHER_NAMES[lower]! : null);
}
