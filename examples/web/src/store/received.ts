/** The invitations that are for oneself: asked for at the start, then kept as the stream of events tells. */
import { BeepError, homeOf, type Client, type Event, type Invitation } from "../sdk";
import { Signal } from "./signal";

type Calls = Pick<Client["invitations"], "received" | "accept" | "decline">;

export class Received {
  readonly #signal = new Signal();
  /** Newest first. */
  #list: readonly Invitation[] = [];
  /** Counts fresh starts, so that an answer to an earlier question is not taken for the later one's. */
  #generation = 0;
  /** What was told since the last start, by whole name: it is newer than any answer to what was asked then. */
  readonly #came = new Map<string, Invitation>();
  readonly #gone = new Set<string>();

  constructor(private readonly calls: Calls) {}

  subscribe = this.#signal.subscribe;
  list = (): readonly Invitation[] => this.#list;

  /** Asks for all of them again, as something may have been missed. Until they come, the old stay. */
  restart(): void {
    this.#generation += 1;
    this.#came.clear();
    this.#gone.clear();
    void this.#load(this.#generation);
  }

  apply(event: Event): void {
    if (event.type === "invitation.received") this.#put(event.data);
    if (event.type === "invitation.revoked") this.#drop(nameOf(event.data.id, event.data.server_id));
  }

  /** Joins; gives the server that opens. */
  async accept(invitation: Invitation): Promise<string> {
    const code = keyOf(invitation);
    const member = await this.calls.accept({ code });
    this.#drop(code);
    return member.server_id;
  }

  async decline(invitation: Invitation): Promise<void> {
    const code = keyOf(invitation);
    await this.calls.decline({ code });
    this.#drop(code);
  }

  async #load(generation: number): Promise<void> {
    const found: Invitation[] = [];
    try {
      let next: string | null = null;
      do {
        const page: Awaited<ReturnType<Calls["received"]>> = await this.calls.received({ limit: 100, ...(next !== null && { cursor: next }) });
        if (generation !== this.#generation) return;
        found.push(...page.items);
        next = page.next;
      } while (next !== null);
    } catch (error) {
      if (!(error instanceof BeepError)) throw error;
      setTimeout(() => generation === this.#generation && this.restart(), AGAIN_MS);
      return;
    }
    const byKey = new Map(found.map((invitation) => [keyOf(invitation), invitation]));
    for (const key of this.#gone) byKey.delete(key);
    for (const [key, invitation] of this.#came) byKey.set(key, invitation);
    this.#set([...byKey.values()]);
  }

  #put(invitation: Invitation): void {
    const key = keyOf(invitation);
    this.#gone.delete(key);
    this.#came.set(key, invitation);
    this.#set([...this.#list.filter((one) => keyOf(one) !== key), invitation]);
  }

  #drop(key: string): void {
    this.#came.delete(key);
    this.#gone.add(key);
    this.#set(this.#list.filter((invitation) => keyOf(invitation) !== key));
  }

  #set(list: readonly Invitation[]): void {
    this.#list = [...list].sort((a, b) => (a.id < b.id ? 1 : -1));
    this.#signal.now();
  }
}

/** The whole name of an invitation, which accepts and declines it: two backends may give theirs the same id. */
export const keyOf = ({ id, server }: Invitation): string => nameOf(id, server.id);

const nameOf = (id: string, server: string): string => `${id}@${homeOf(server)}`;

/** How long after a failure they are asked for again. */
const AGAIN_MS = 30_000;
