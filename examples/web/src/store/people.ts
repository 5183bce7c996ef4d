/** Who is who: the members of servers with their names, as far as they were asked for. */
import { t } from "../i18n";
import { BeepError, homeOf, type Client, type Event, type Member, type User } from "../sdk";
import { Signal } from "./signal";

export interface Roster {
  readonly members: readonly Member[];
  readonly status: "empty" | "loading" | "loaded" | "failed";
  /** Where the next part begins; `null` when all are here. */
  readonly next: string | null;
}

export const NOBODY: Roster = { members: [], status: "empty", next: null };

/** What somebody is called apart from any server; `null` of whom nothing is known yet. */
export function calledOf(profile: User | null): string | null {
  return profile?.deleted ? t("person.deleted") : (profile?.display_name ?? profile?.username ?? null);
}

export class People {
  readonly #signal = new Signal();
  readonly #rosters = new Map<string, Roster>();
  readonly #users = new Map<string, User>();
  readonly #asked = new Map<string, Promise<void>>();
  /** Those who could not be had, and when to ask again. */
  readonly #later = new Map<string, number>();

  constructor(private readonly client: Client) {}

  subscribe = this.#signal.subscribe;
  roster = (server: string): Roster => this.#rosters.get(server) ?? NOBODY;

  /** The profile of a user, asked for the first time that somebody wants it. */
  user(id: string): User | null {
    const known = this.#users.get(id);
    if (known) return known;
    if (!this.#asked.has(id) && (this.#later.get(id) ?? 0) <= Date.now()) this.#asked.set(id, this.#ask(id));
    return null;
  }

  /** The same, once it is here; `null` if it could not be had. */
  async find(id: string): Promise<User | null> {
    if (!this.user(id)) await this.#asked.get(id);
    return this.#users.get(id) ?? null;
  }

  /** The member, if they were among those that were asked for. */
  member(server: string, user: string): Member | null {
    return this.roster(server).members.find((member) => member.user === user) ?? null;
  }

  /** The nickname there, if the member is known and has one. */
  nickname(server: string, user: string): string | null {
    return this.member(server, user)?.nickname ?? null;
  }

  open(server: string): void {
    if (this.roster(server).status === "empty") void this.more(server);
  }

  async more(server: string): Promise<void> {
    const { members, next, status } = this.roster(server);
    if (status === "loading" || (status === "loaded" && next === null)) return;
    // The first part replaces what was held before; who came since it was asked for stays.
    const held = new Set(next === null ? members : []);
    this.#rosters.set(server, { members, next, status: "loading" });
    this.#signal.soon();
    try {
      const page = await this.client.members.list({ server, limit: 100, ...(next !== null && { cursor: next }) });
      for (const { profile } of page.items) if (profile) this.#users.set(profile.id, profile);
      const here = new Set(page.items.map(({ user }) => user));
      const before = this.roster(server).members.filter((member) => !here.has(member.user) && !held.has(member));
      this.#rosters.set(server, { members: [...before, ...page.items], next: page.next, status: "loaded" });
    } catch (error) {
      if (!(error instanceof BeepError)) throw error;
      this.#rosters.set(server, { ...this.roster(server), next, status: "failed" });
    }
    this.#signal.soon();
  }

  /** Asks for the members again, as changes of them were missed: of one server or of all. Until they come, the old stay. */
  restart(only?: string): void {
    for (const [server, { members }] of this.#rosters) {
      if (only !== undefined && server !== only) continue;
      this.#rosters.set(server, { members, next: null, status: "empty" });
      this.open(server);
    }
  }

  /** Asks again for what a backend did not give. */
  recover(domain: string): void {
    for (const [server, { status }] of this.#rosters) if (status === "failed" && homeOf(server) === domain) void this.more(server);
    this.#later.clear();
    this.#signal.soon();
  }

  put(member: Member): void {
    if (member.profile) this.#users.set(member.profile.id, member.profile);
    const roster = this.#rosters.get(member.server_id);
    if (!roster) return;
    const held = roster.members.some(({ user }) => user === member.user);
    const members = held ? roster.members.map((one) => (one.user === member.user ? member : one)) : [...roster.members, member];
    this.#rosters.set(member.server_id, { ...roster, members });
    this.#signal.soon();
  }

  apply(event: Event): void {
    switch (event.type) {
      case "member.joined":
      case "member.updated":
        return this.put(event.data);
      case "member.left":
      case "member.banned":
        return this.#change(event.data.server_id, (members) => members.filter(({ user }) => user !== event.data.user));
      case "role.deleted": {
        const gone = event.data.id;
        return this.#change(event.data.server_id, (members) =>
          members.map((member) => ({ ...member, roles: member.roles.filter((role) => role !== gone) })),
        );
      }
      case "user.updated":
        this.#users.set(event.data.id, event.data);
        this.#signal.soon();
    }
  }

  #change(server: string, change: (members: readonly Member[]) => readonly Member[]): void {
    const roster = this.#rosters.get(server);
    if (!roster) return;
    this.#rosters.set(server, { ...roster, members: change(roster.members) });
    this.#signal.soon();
  }

  async #ask(id: string): Promise<void> {
    try {
      this.#users.set(id, await this.client.users.get({ user: id }));
      this.#signal.soon();
    } catch (error) {
      if (!(error instanceof BeepError)) throw error;
      this.#asked.delete(id); // Asked again with a later look.
      this.#later.set(id, Date.now() + AGAIN_MS);
    }
  }
}

/** How long somebody who could not be had is not asked for again. */
const AGAIN_MS = 30_000;
