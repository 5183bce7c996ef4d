/** What the page and its service workers say to each other. */

export type FromPage =
  /** Take the place of the version that is in use. */
  | { readonly type: "activate" }
  /** Keep these files, which the page has loaded. */
  | { readonly type: "keep"; readonly paths: readonly string[] };

export type ToPage =
  /** Somebody pressed a notification that leads there. */
  { readonly type: "open"; readonly path: string };
