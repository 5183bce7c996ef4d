import { useState } from "react";

/**
 * A copy of something that is being changed. What somebody else changes meanwhile comes in, but for the members that were
 * touched here.
 */
export function useDraft<Of extends object>(of: Of) {
  const [touched, setTouched] = useState<Partial<Of>>({});
  const value: Of = { ...of, ...touched };
  const changed = (Object.keys(touched) as (keyof Of)[]).filter((name) => JSON.stringify(touched[name]) !== JSON.stringify(of[name]));
  return {
    value,
    dirty: changed.length > 0,
    /** The members that differ, with what they should be. */
    changes: Object.fromEntries(changed.map((name) => [name, touched[name]])) as Partial<Of>,
    change: (part: Partial<Of>) => setTouched((before) => ({ ...before, ...part })),
    reset: () => setTouched({}),
  };
}
