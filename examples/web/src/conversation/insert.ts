/** Text that another part of the page puts into the composer that is open: a mention from a card, say. */
type Take = (text: string) => void;

let composer: Take | null = null;

/** The composer that is open takes what is inserted; gives the function that ends it. */
export function takesInserts(take: Take): () => void {
  composer = take;
  return () => {
    if (composer === take) composer = null;
  };
}

/** Whether there is a composer to put something into. */
export const canInsert = (): boolean => composer !== null;

export function insert(text: string): void {
  composer?.(text);
}
