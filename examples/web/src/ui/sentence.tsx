import { Fragment, type ReactElement } from "react";
import { parts, type Key } from "../i18n";

/** A sentence with elements at its places, as names that one can press. */
export function Sentence({ of, with: elements }: { of: Key; with: Readonly<Record<string, ReactElement>> }) {
  return parts(of, elements).map((part, at) => <Fragment key={at}>{part}</Fragment>);
}
