/** Backends that talk to each other: each with an authority that the others trust, and a name server that knows where they are. */
import { execFile } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { mkdtemp } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Backend, program, surroundings } from "./backend";

/** A backend of the domain `a.example.com`, say. */
export interface Peer {
  domain: string;
  backend: Backend;
}

export class Realm {
  private constructor(
    private readonly dns: Socket,
    readonly peers: readonly Peer[],
  ) {}

  /** Starts one backend for each name, as their operators would. */
  static async start(names: readonly string[]): Promise<Realm> {
    const places = await Promise.all(names.map(async (name) => ({ domain: `${name}.example.com`, folder: await mkdtemp(join(tmpdir(), "beep-e2e-")), port: await freePort() })));
    for (const { domain, folder } of places) {
      await federation(folder, "ca", "init", "--for", domain);
      await federation(folder, "ca", "issue", hostOf(domain));
    }
    for (const { folder } of places) {
      for (const other of places) if (other.folder !== folder) await federation(folder, "ca", "bundle", join(other.folder, "beep-federation/authority.pem"));
    }
    const dns = await nameServer(new Map(places.map(({ domain, port }) => [domain, port])));
    const resolver = `127.0.0.1:${dns.address().port}`;
    const peers: Peer[] = [];
    for (const { domain, folder, port } of places) {
      const file = (name: string): string => join(folder, "beep-federation", name);
      const flags = {
        domain,
        "federation.enabled": "true",
        "federation.listen": `127.0.0.1:${port}`,
        "federation.certificate": file(`${hostOf(domain)}.pem`),
        "federation.key": file(`${hostOf(domain)}-key.pem`),
        "federation.trust_roots": file("trust-roots.pem"),
        "federation.resolver": resolver,
        "federation.allow_private_targets": "true",
      };
      peers.push({ domain, backend: await Backend.start(Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]), folder) });
    }
    return new Realm(dns, peers);
  }

  async stop(): Promise<void> {
    for (const { backend } of this.peers) await backend.stop();
    this.dns.close();
  }
}

const hostOf = (domain: string): string => `federator.${domain}`;

/** What an operator types. */
async function federation(folder: string, ...words: string[]): Promise<void> {
  await promisify(execFile)(program(), ["federation", ...words], { cwd: folder, env: surroundings() });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const [A, SRV] = [1, 33];

/** Answers for the services of these domains and for their hosts, which are all on loopback; for nothing else. */
async function nameServer(ports: ReadonlyMap<string, number>): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const { name, end } = nameIn(query);
    const asked = query.readUInt16BE(end);
    let [known, record] = [false, null as { kind: number; data: Buffer } | null];
    for (const [domain, target] of ports) {
      if (name === `_wire-server-federator._tcp.${domain}`) {
        known = true;
        const weights = Buffer.from([0, 0, 0, 0, target >> 8, target & 0xff]);
        record = { kind: SRV, data: Buffer.concat([weights, written(hostOf(domain))]) };
      } else if (name === hostOf(domain)) {
        known = true;
        record = { kind: A, data: Buffer.from([127, 0, 0, 1]) };
      }
    }
    const answers = record?.kind === asked ? [record] : [];
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(known ? 0x8580 : 0x8583, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    const told = answers.flatMap(({ kind, data }) => {
      const fixed = Buffer.alloc(12);
      // The name is the one of the question, at octet 12.
      fixed.writeUInt16BE(0xc00c, 0);
      fixed.writeUInt16BE(kind, 2);
      fixed.writeUInt16BE(1, 4);
      fixed.writeUInt32BE(60, 6);
      fixed.writeUInt16BE(data.length, 10);
      return [fixed, data];
    });
    socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...told]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket;
}

/** The name that a query asks for, and where it ends. */
function nameIn(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("ascii", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 1 };
}

function written(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "ascii")]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}
