/** The client, with an ear on what becomes of calls that other backends answer. */
import { BeepError, homeOf, type Client } from "../sdk";
import { isTrouble } from "./remotes";

/** Hears how a call that `domain` had to answer ended: with an error, or with `null` as it should. */
export type Heard = (domain: string, error: BeepError | null) => void;

type Input = Readonly<Record<string, unknown>>;
type Call = (input?: Input, options?: unknown) => Promise<unknown>;

/** Hears how a call ends that `domain` has to answer. */
export async function answeredBy<Answer>(domain: string, call: () => Promise<Answer>, heard: Heard, toBlame: (error: BeepError) => string | null = () => domain): Promise<Answer> {
  try {
    const answer = await call();
    heard(domain, null);
    return answer;
  } catch (error) {
    const blamed = error instanceof BeepError ? toBlame(error) : null;
    if (error instanceof BeepError && blamed !== null) {
      askedOf.set(error, blamed);
      heard(blamed, error);
    }
    throw error;
  }
}

export function watched(client: Client, heard: Heard): Client {
  const areas = new Map<PropertyKey, unknown>();
  const watch = (call: Call, asksOfUsers: boolean): Call => (input, options) => {
    const domain = homeIn(input);
    if (domain === null) return call(input, options);
    const toBlame = (error: BeepError) => (asksOfUsers && isTrouble(error) ? troubledIn(domain, input?.["user"], client.user?.domain) : domain);
    return answeredBy(domain, () => call(input, options), heard, toBlame);
  };
  return new Proxy(client, {
    get(target, name) {
      const known = areas.get(name);
      if (known) return known;
      // The client's own fields are private to it: whatever is called is called on itself.
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value === "function") return value.bind(target) as unknown;
      if (!isArea(value)) return value;
      const area = Object.fromEntries(Object.entries(value).map(([method, call]) => [method, watch(call, name === "invitations" && method === "create")]));
      areas.set(name, area);
      return area;
    },
  });
}

/** The backend that a failed call was for, if it named one. */
export function remoteOf(error: BeepError): string | null {
  return askedOf.get(error) ?? null;
}

const askedOf = new WeakMap<BeepError, string>();

/** The areas of operations are frozen objects of methods alone. */
function isArea(value: unknown): value is Record<string, Call> {
  return typeof value === "object" && value !== null && Object.isFrozen(value) && Object.values(value).every((one) => typeof one === "function");
}

/** Whose matter a call is: what names the owner, as the backend looks for it. */
function homeIn(input: Input = {}): string | null {
  for (const name of ["server", "channel", "code", "handle"]) {
    const value = input[name];
    if (typeof value === "string" && value.includes("@")) return homeOf(value);
  }
  return typeof input["domain"] === "string" ? input["domain"] : null;
}

/** Who is in trouble where the owner asks the home of a user in turn; `null` when it may be either. */
function troubledIn(owner: string, user: unknown, own: string | undefined): string | null {
  const home = typeof user === "string" ? homeOf(user) : owner;
  if (home === owner || home === own) return owner;
  return owner === own ? home : null;
}
