/** Finds the words of a program that are drawn in colours. Loaded when the first block of code is in view. */
import type { LanguageFn } from "highlight.js";
import { createLowlight } from "lowlight";
import type { Colored, Language } from "./languages";

const GRAMMARS: Readonly<Record<Language, () => Promise<{ default: LanguageFn }>>> = {
  bash: () => import("highlight.js/lib/languages/bash"),
  c: () => import("highlight.js/lib/languages/c"),
  cpp: () => import("highlight.js/lib/languages/cpp"),
  csharp: () => import("highlight.js/lib/languages/csharp"),
  css: () => import("highlight.js/lib/languages/css"),
  diff: () => import("highlight.js/lib/languages/diff"),
  go: () => import("highlight.js/lib/languages/go"),
  java: () => import("highlight.js/lib/languages/java"),
  javascript: () => import("highlight.js/lib/languages/javascript"),
  json: () => import("highlight.js/lib/languages/json"),
  kotlin: () => import("highlight.js/lib/languages/kotlin"),
  markdown: () => import("highlight.js/lib/languages/markdown"),
  php: () => import("highlight.js/lib/languages/php"),
  python: () => import("highlight.js/lib/languages/python"),
  ruby: () => import("highlight.js/lib/languages/ruby"),
  rust: () => import("highlight.js/lib/languages/rust"),
  sql: () => import("highlight.js/lib/languages/sql"),
  swift: () => import("highlight.js/lib/languages/swift"),
  typescript: () => import("highlight.js/lib/languages/typescript"),
  xml: () => import("highlight.js/lib/languages/xml"),
  yaml: () => import("highlight.js/lib/languages/yaml"),
};

const lowlight = createLowlight();

export async function highlight(text: string, language: Language): Promise<readonly Colored[]> {
  if (!lowlight.registered(language)) lowlight.register(language, (await GRAMMARS[language]()).default);
  return lowlight.highlight(language, text).children.flatMap(colored);
}

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

function colored(node: Node): Colored[] {
  if (node.type === "text") return [node.value];
  if (node.type !== "element") return [];
  const { className } = node.properties;
  return [{ kind: Array.isArray(className) ? className.join(" ") : "", parts: node.children.flatMap(colored) }];
}
