/** The client, with an ear on what becomes of calls that other backends answer. */
import { BeepError, homeOf, type Client } from "../sdk";

/** Hears how a call that `domain` had to answer ended: with an error, or with `null` as it should. */
export type Heard = (domain: string, error: BeepError | null) => void;

type Input = Readonly<Record<string, unknown>>;
type Call = (input?: Input, options?: unknown) => Promise<unknown>;

export function watched(client: Client, heard: Heard): Client {
  const areas = new Map<PropertyKey, unknown>();
  const watch = (call: Call): Call => async (input, options) => {
    const domain = homeIn(input);
    if (domain === null) return call(input, options);
    try {
      const answer = await call(input, options);
      heard(domain, null);
      return answer;
    } catch (error) {
      if (error instanceof BeepError) {
        askedOf.set(error, domain);
        heard(domain, error);
      }
      throw error;
    }
  };
  return new Proxy(client, {
    get(target, name) {
      const known = areas.get(name);
      if (known) return known;
      // The client's own fields are private to it: whatever is called is called on itself.
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value === "function") return value.bind(target) as unknown;
      if (!isArea(value)) return value;
      const area = Object.fromEntries(Object.entries(value).map(([method, call]) => [method, watch(call)]));
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
  for (const name of ["server", "channel", "code"]) {
    const value = input[name];
    if (typeof value === "string" && value.includes("@")) return homeOf(value);
  }
  return typeof input["domain"] === "string" ? input["domain"] : null;
}
