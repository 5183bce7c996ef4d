/** A real backend in a process of its own, on a fresh database, and people on it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const PASSWORD = "correct horse battery";

/** Somebody with an account. */
export interface Person {
  username: string;
  id: string;
  token: string;
}

/** A server with its first channel. */
export interface Place {
  server: string;
  channel: string;
  /** The role that everybody has. */
  everyone: string;
}

/** The program of the backend. */
export function program(): string {
  const program = process.env["BEEP_SERVER_BIN"];
  if (!program) throw new Error("BEEP_SERVER_BIN names the program, built with its feature `web`");
  return program;
}

/** Variables that begin with `BEEP_` are settings to it, and ours are none. */
export function surroundings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BEEP_")));
}

type Json = Record<string, unknown>;

export class Backend {
  #process: ChildProcess | null = null;
  #port = 0;
  readonly #names = new Map<string, number>();

  private constructor(
    readonly folder: string,
    private readonly flags: readonly string[],
  ) {}

  /** Starts one, with further flags, and with its data in a folder that goes with it. */
  static async start(flags: readonly string[] = [], folder?: string): Promise<Backend> {
    const backend = new Backend(folder ?? (await mkdtemp(join(tmpdir(), "beep-e2e-"))), flags);
    await backend.run();
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Runs it: on any free port the first time, then on the same again. */
  async run(): Promise<void> {
    const flags = ["--listen", `127.0.0.1:${this.#port}`, "--data_dir", this.folder, "--limits.rates", "off", "--log.filter", "warn", ...this.flags];
    this.#process = spawn(program(), flags, { stdio: ["ignore", "pipe", "inherit"], env: surroundings() });
    for await (const line of createInterface({ input: this.#process.stdout! })) {
      const listening = /^listening on .*:(\d+)$/.exec(line);
      if (!listening) continue;
      this.#port = Number(listening[1]);
      return;
    }
    throw new Error("the backend ended before it listened");
  }

  /** Runs a command on its data, while it does not serve. */
  async command(...words: readonly string[]): Promise<void> {
    const run = spawn(program(), [...words, "--data_dir", this.folder, "--log.filter", "warn", ...this.flags], { stdio: ["ignore", "ignore", "inherit"], env: surroundings() });
    const [code] = (await once(run, "exit")) as [number | null];
    if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}`);
  }

  async kill(): Promise<void> {
    if (!this.#process || this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Asks over HTTP, without the SDK. */
  async ask<Answer = Json>(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${this.url}/v1${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : {}) as Answer;
  }

  /** A username that nobody has: the wish itself, or with a number. */
  free(wish: string): string {
    const count = (this.#names.get(wish) ?? 0) + 1;
    this.#names.set(wish, count);
    return count === 1 ? wish : `${wish}${count}`;
  }

  async person(wish: string): Promise<Person> {
    const username = this.free(wish);
    const email = `${username}@example.com`;
    await this.ask("POST", "/register", { email, username, password: PASSWORD });
    const code = await this.code(email);
    const signed = await this.ask<{ access_token: string; user: string }>("POST", "/activate", { email, code });
    const me = await this.ask<{ id: string }>("GET", "/self", undefined, signed.access_token);
    return { username, id: me.id, token: signed.access_token };
  }

  /** Logs in again: a token lives for a quarter of an hour. */
  async renew(person: Person): Promise<void> {
    person.token = (await this.ask<{ access_token: string }>("POST", "/login", { login: person.username, password: PASSWORD })).access_token;
  }

  /** The code that was mailed last to an address; without a relay mails are files. */
  async code(email: string): Promise<string> {
    const folder = join(this.folder, "mail");
    for (const name of (await readdir(folder)).sort().reverse()) {
      const text = await readFile(join(folder, name), "utf8");
      const code = /\b\d{6}\b/.exec(text)?.[0];
      if (code && text.includes(`To: ${email}\n`)) return code;
    }
    throw new Error(`no mail to ${email}`);
  }

  async place(owner: Person, name: string, more: Json = {}): Promise<Place> {
    const { id: server } = await this.ask<{ id: string }>("POST", "/servers", { name, template: "community", visibility: "public", ...more }, owner.token);
    const channels = await this.ask<{ items: { id: string }[] }>("GET", `/servers/${server}/channels`, undefined, owner.token);
    const roles = await this.ask<{ items: { id: string; everyone: boolean }[] }>("GET", `/servers/${server}/roles`, undefined, owner.token);
    return { server, channel: channels.items[0]?.id ?? "", everyone: roles.items.find((role) => role.everyone)?.id ?? "" };
  }

  async join({ token }: Person, { server }: Place): Promise<void> {
    await this.ask("POST", `/servers/${server}/join`, {}, token);
  }

  async say({ token }: Person, { channel }: Pick<Place, "channel">, content: string): Promise<string> {
    return (await this.ask<{ id: string }>("POST", `/channels/${channel}/messages`, { content }, token)).id;
  }

  /** Makes friends of two people. */
  async befriend(one: Person, other: Person): Promise<void> {
    // Requests that cross are accepted.
    await this.ask("POST", "/friend-requests", { username: other.username }, one.token);
    await this.ask("POST", "/friend-requests", { username: one.username }, other.token);
  }

  /** Opens the direct channel of two people who may write to each other. */
  async direct(one: Person, other: Person): Promise<string> {
    return (await this.ask<{ id: string }>("POST", "/channels", { kind: "direct", user: other.id }, one.token)).id;
  }

  /** Makes a group of somebody and their friends. */
  async group(owner: Person, others: readonly Person[], name?: string): Promise<string> {
    const users = others.map(({ id }) => id);
    return (await this.ask<{ id: string }>("POST", "/channels", { kind: "group", users, ...(name !== undefined && { name }) }, owner.token)).id;
  }

  async invite({ token }: Person, { server }: Place): Promise<string> {
    return (await this.ask<{ code: string }>("POST", `/servers/${server}/invitations`, {}, token)).code;
  }
}
