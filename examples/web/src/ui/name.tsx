import { plain } from "./bidi";

/**
 * A name that somebody chose: of a person, server, role, channel or domain. It has its own direction, stays on its line,
 * and cannot push aside what stands beside it.
 */
export function Name({ children, className }: { children: string; className?: string }) {
  return <bdi className={className ? `name ${className}` : "name"}>{plain(children)}</bdi>;
}
