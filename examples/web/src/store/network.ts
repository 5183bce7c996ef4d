/** When it is worth trying again: the network came back, or somebody looks at the page. */

/** Calls back each time; gives the function that ends it. */
export function onNetworkBack(listener: () => void, page: EventTarget = globalThis, paper: Paper | undefined = globalThis.document): () => void {
  const seen = () => {
    if (paper?.visibilityState === "visible") listener();
  };
  page.addEventListener?.("online", listener);
  page.addEventListener?.("pageshow", listener);
  paper?.addEventListener("visibilitychange", seen);
  return () => {
    page.removeEventListener?.("online", listener);
    page.removeEventListener?.("pageshow", listener);
    paper?.removeEventListener("visibilitychange", seen);
  };
}

type Paper = EventTarget & { readonly visibilityState: DocumentVisibilityState };
