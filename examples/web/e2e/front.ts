/** A proxy before a backend, as an operator may have one. It can give another service worker, as a later release would. */
import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { Backend } from "./backend";

export class Front {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Stands at the end of the service worker. */
  #more = "";

  private constructor(private readonly backend: Backend) {
    this.#server = createServer((asked, answer) => this.#pass(asked, answer));
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("upgrade", (asked: IncomingMessage, socket: Socket, head: Buffer) => this.#tunnel(asked, socket, head));
  }

  static async before(backend: Backend): Promise<Front> {
    const front = new Front(backend);
    front.#server.listen(0, "127.0.0.1");
    await once(front.#server, "listening");
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The same client in a new version. */
  release(version: string): void {
    this.#more = `\n// ${version}`;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  get #port(): number {
    return Number(new URL(this.backend.url).port);
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const isWorker = asked.url === "/sw.js";
    const { "accept-encoding": encodings, "if-none-match": known, ...rest } = asked.headers;
    const headers = isWorker ? rest : { ...rest, ...(encodings && { "accept-encoding": encodings }), ...(known && { "if-none-match": known }) };
    const passed = request({ host: "127.0.0.1", port: this.#port, method: asked.method, path: asked.url, headers }, (given) => {
      const { "content-length": length, ...others } = given.headers;
      answer.writeHead(given.statusCode ?? 502, isWorker ? others : { ...others, ...(length && { "content-length": length }) });
      given.pipe(answer, { end: !isWorker });
      if (isWorker) given.on("end", () => answer.end(this.#more));
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  }

  #tunnel(asked: IncomingMessage, socket: Socket, head: Buffer): void {
    const onward = connect(this.#port, "127.0.0.1", () => {
      const headers = asked.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : []));
      onward.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
    socket.on("close", () => onward.destroy());
  }
}
