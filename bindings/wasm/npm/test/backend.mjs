// A real backend in a process of its own, people on it, and a server that stands before it with the pages.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { createServer, request as ask } from "node:http";
import { connect, createServer as listenOn } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { createInterface } from "node:readline";

/** `beep-server` (named by `BEEP_SERVER`) on a fresh database. */
export class Backend {
  async start() {
    this.folder = await mkdtemp(join(tmpdir(), "beep-sdk-"));
    this.port = await freePort();
    await this.run();
  }

  async run() {
    const program = process.env.BEEP_SERVER;
    if (!program) throw new Error("BEEP_SERVER names the program of the backend");
    const flags = ["--listen", `127.0.0.1:${this.port}`, "--data_dir", this.folder, "--limits.rates", "off", "--log.filter", "warn"];
    // Variables that begin so are settings of the backend.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BEEP_")));
    this.process = spawn(program, flags, { env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(this.process, "exit").then(([code]) => [`nothing, and ends with ${code}`]);
    const [line] = await Promise.race([once(createInterface(this.process.stdout), "line"), ended]);
    if (!line.startsWith("listening on ")) throw new Error(`the backend says ${line}`);
  }

  async kill() {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await ended;
  }

  async stop() {
    await this.kill();
    if (this.folder) await rm(this.folder, { recursive: true });
  }

  /** Asks over HTTP, without the SDK. */
  async ask(method, path, body, token) {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`http://127.0.0.1:${this.port}/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Makes an account and activates it with the mailed code; gives `{ user, access_token, … }`. */
  async person(username, password) {
    const email = `${username}@example.com`;
    await this.ask("POST", "/register", { email, password, username });
    const mails = (await readdir(join(this.folder, "mail"))).filter((name) => name.endsWith(".txt")).sort().reverse();
    for (const mail of mails) {
      const text = await readFile(join(this.folder, "mail", mail), "utf8");
      if (text.startsWith(`To: ${email}\n`)) {
        return this.ask("POST", "/activate", { email, code: /\b\d{6}\b/.exec(text)[0] });
      }
    }
    throw new Error(`no mail to ${email}`);
  }
}

/** Serves a folder, and everything below `/v1` from the backend, as a reverse proxy in front of both does. */
export async function front(folder, backend) {
  const server = createServer(async (incoming, outgoing) => {
    if (incoming.url.startsWith("/v1/")) {
      const { method, headers, url: path } = incoming;
      const passed = ask({ host: "127.0.0.1", port: backend.port, method, headers, path }, (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on("error", () => outgoing.writeHead(502).end());
      incoming.pipe(passed);
      return;
    }
    const path = normalize(new URL(incoming.url, "http://a").pathname);
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    try {
      const body = await readFile(file);
      outgoing.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY });
      outgoing.end(body);
    } catch {
      outgoing.writeHead(404).end();
    }
  });
  server.on("upgrade", (incoming, socket, head) => {
    const passed = connect(backend.port, "127.0.0.1", () => {
      const headers = incoming.rawHeaders.reduce((text, part, n) => text + part + (n % 2 ? "\r\n" : ": "), "");
      passed.write(`GET ${incoming.url} HTTP/1.1\r\n${headers}\r\n`);
      passed.write(head);
      passed.pipe(socket).pipe(passed);
    });
    passed.on("error", () => socket.destroy());
    socket.on("error", () => passed.destroy());
    socket.on("close", () => passed.destroy());
    passed.on("close", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => (server.closeAllConnections(), server.close()) };
}

async function freePort() {
  const server = listenOn().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" };

/** As strict as a page with the SDK can be. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; form-action 'none'";
