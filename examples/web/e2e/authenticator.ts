/** An authenticator app, as somebody has one on their phone. */
import { createHmac } from "node:crypto";

export class Authenticator {
  readonly #secret: Buffer;
  #last = 0;

  /** Takes the key as it is typed. */
  constructor(key: string) {
    const bits = [...key].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, "0")).join("");
    this.#secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => parseInt(octet, 2)));
  }

  /** A code that it did not give before; there are two of them in a row. */
  code(): string {
    const now = Math.floor(Date.now() / STEP_MS);
    this.#last = Math.max(now, this.#last + 1);
    if (this.#last > now + 1) throw new Error("the backend takes no code that is shown in over 30 s");
    const counter = Buffer.alloc(8);
    counter.writeBigInt64BE(BigInt(this.#last));
    const hash = createHmac("sha1", this.#secret).update(counter).digest();
    const number = hash.readUInt32BE((hash[19] ?? 0) & 15) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, "0");
  }
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_MS = 30_000;
