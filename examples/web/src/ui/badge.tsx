/** A number that waits for somebody, at most 99. The words for it are in the name of what carries it. */
export function Badge({ count, className }: { count: number; className?: string }) {
  return count > 0 && <span className={className ? `badge ${className}` : "badge"} data-count={count > 99 ? "99+" : count} aria-hidden="true" />;
}
