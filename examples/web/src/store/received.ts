/** The invitations that are for oneself: asked for at the start, then kept as the stream of events tells. */
import { BeepError, homeOf, type Client, type Event, type Invitation } from "../sdk";
import { Signal } from "./signal";
import { answeredBy, type Heard } from "./watched";

type Calls = Pick<Client["invitations"], "received" | "accept" | "decline">;

export class Received {
  readonly #signal = new Signal();
  /** Newest first. */
  #list: readonly Invitation[] = [];
  /** Counts fresh starts, so that an answer to an earlier question is not taken for the later one's. */
  #generation = 0;
  /** What was told since the last start: it is newer than any answer to what was asked then. */
  readonly #came = new Map<string, Invitation>();
  readonly #gone = new Set<string>();

  /** `heard` hears how the backends answered that let one in. */
  constructor(
    private readonly calls: Calls,
    private readonly heard: Heard,
  ) {}

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
    if (event.type === "invitation.revoked") this.#drop(event.data.id);
  }

  /** Joins; gives the server that opens. */
  async accept({ id, server }: Invitation): Promise<string> {
    const member = await answeredBy(homeOf(server.id), () => this.calls.accept({ code: `${id}@${homeOf(server.id)}` }), this.heard);
    this.#drop(id);
    return member.server_id;
  }

  async decline({ id }: Invitation): Promise<void> {
    await this.calls.decline({ code: id });
    this.#drop(id);
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
    const byId = new Map(found.filter(({ id }) => !this.#gone.has(id)).map((invitation) => [invitation.id, invitation]));
    for (const [id, invitation] of this.#came) byId.set(id, invitation);
    this.#set([...byId.values()]);
  }

  #put(invitation: Invitation): void {
    this.#gone.delete(invitation.id);
    this.#came.set(invitation.id, invitation);
    this.#set([...this.#list.filter(({ id }) => id !== invitation.id), invitation]);
  }

  #drop(id: string): void {
    this.#came.delete(id);
    this.#gone.add(id);
    this.#set(this.#list.filter((invitation) => invitation.id !== id));
  }

  #set(list: readonly Invitation[]): void {
    this.#list = [...list].sort((a, b) => (a.id < b.id ? 1 : -1));
    this.#signal.now();
  }
}

/** How long after a failure they are asked for again. */
const AGAIN_MS = 30_000;
