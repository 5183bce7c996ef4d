import { useEffect, useRef } from "react";
import { coverWith } from "../router";
import { PHONE } from "./media";

/** On a phone the way back of the browser closes what lies over the page, and only then leaves the page. */
export function useCover(onClose: () => void): void {
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => (matchMedia(PHONE).matches ? coverWith(() => close.current()) : undefined), []);
}
