// The package as somebody gets it: packed, installed into an empty Vite project and into a page without a bundler,
// both chatting with a real backend in a real browser; and the permission vectors in that browser.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { Backend, front } from "./backend.mjs";

const run = promisify(execFile);
const HERE = new URL("..", import.meta.url).pathname;
const PASSWORD = "correct horse battery";
const PATIENCE = 20_000;
const CHROMIUMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

let folder, browser, example;
const backends = [];
const fronts = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "beep-sdk-pages-"));
  const packed = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: HERE });
  const archive = join(folder, JSON.parse(packed.stdout)[0].filename);
  example = /```js\n(import init[\s\S]*?)```/.exec(await readFile(join(HERE, "README.md"), "utf8"))[1];

  // An empty Vite project, with the package installed and nothing configured.
  const project = join(folder, "project");
  await mkdir(project);
  await writeFile(join(project, "package.json"), '{ "private": true, "type": "module" }');
  await run("npm", ["install", "--no-audit", "--no-fund", "--offline", archive], { cwd: project });
  await writeFile(join(project, "index.html"), '<!doctype html><title>a</title><script type="module" src="/main.js"></script>');
  await writeFile(join(project, "main.js"), example);
  await run(process.execPath, [join(HERE, "node_modules/vite/bin/vite.js"), "build", project], { cwd: project });

  // A page without a bundler.
  const plain = join(folder, "plain");
  await mkdir(plain);
  await cp(join(project, "node_modules/@beep-chat/client/dist"), join(plain, "dist"), { recursive: true });
  await writeFile(join(plain, "index.html"), '<!doctype html><title>a</title><script type="module" src="main.js"></script>');
  await writeFile(join(plain, "main.js"), example.replace('"@beep-chat/client"', '"./dist/index.js"'));
  await writeFile(join(plain, "blank.html"), "<!doctype html><title>a</title>");
  await copyFile(join(HERE, "../../../beep-core/vectors/permissions.json"), join(plain, "permissions.json"));

  browser = await chromium.launch({ executablePath: process.env.BEEP_CHROMIUM ?? CHROMIUMS.find(existsSync), args: ["--no-sandbox"] });
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  fronts.forEach((served) => served.close());
  await Promise.all(backends.map((backend) => backend.stop()));
  if (folder) await rm(folder, { recursive: true });
});

/** Serves a folder of pages before a backend. */
async function pages(root, backend) {
  const served = await front(join(folder, root), backend);
  fronts.push(served);
  return served.url;
}

/** A backend with Ada, Bob, and a server of Ada's with a channel that both are in. */
async function community() {
  const backend = new Backend();
  backends.push(backend);
  await backend.start();
  const ada = await backend.person("ada", PASSWORD);
  const bob = await backend.person("bob", PASSWORD);
  const server = await backend.ask("POST", "/servers", { name: "Home", visibility: "public", template: "community" }, ada.access_token);
  await backend.ask("POST", `/servers/${server.id}/join`, {}, bob.access_token);
  const channels = await backend.ask("GET", `/servers/${server.id}/channels`, undefined, ada.access_token);
  return { backend, ada, bob, server, channel: channels.items[0] };
}

/** Opens a page and collects what it logs. */
async function open(url) {
  const page = await (await browser.newContext()).newPage();
  const lines = [];
  page.on("console", (message) => lines.push(message.text()));
  page.on("pageerror", (error) => lines.push(`uncaught: ${error}`));
  const asked = [];
  page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await page.goto(url);
  const heard = async (wanted, times = 1) => {
    const until = Date.now() + PATIENCE;
    while (lines.filter((line) => line.includes(wanted)).length < times) {
      if (Date.now() > until) assert.fail(`never logged: ${wanted}\n${lines.join("\n")}`);
      await page.waitForEvent("console", { timeout: until - Date.now() }).catch(() => {});
    }
  };
  return { page, lines, asked, heard };
}

for (const [where, root] of [["a Vite project", "project/dist"], ["a page without a bundler", "plain"]]) {
  test(`the example of the README chats from ${where}`, async () => {
    const { backend, bob, channel } = await community();
    const { page, lines, asked, heard } = await open(`${await pages(root, backend)}/`);
    await heard("me Hello!");
    await backend.ask("POST", `/channels/${channel.id}/messages`, { content: "Hi Ada" }, bob.access_token);
    await heard(`${bob.user.id} Hi Ada`);

    await backend.kill();
    await heard("offline, again in");
    await backend.run();
    await heard("back; what was missed follows");
    await backend.ask("POST", `/channels/${channel.id}/messages`, { content: "Still there?" }, bob.access_token);
    await heard(`${bob.user.id} Still there?`);
    assert.equal(lines.filter((line) => line.includes("Hi Ada")).length, 1);

    await page.reload(); // the cookie signs in, no password is sent
    await heard("me Hello!", 2);
    assert.equal(asked.filter((request) => request === "POST /v1/login").length, 1);
    assert.deepEqual(lines.filter((line) => line.includes("uncaught") || line.includes("Content Security Policy")), []);
    await page.context().close();
  });
}

test("the permission vectors pass in the browser", async () => {
  const { page } = await open(`${await pages("plain", { port: 0 })}/blank.html`);
  const { asked, wrong } = await page.evaluate(async () => {
    const { default: init, permissions } = await import("/dist/index.js");
    await init();
    const vectors = await (await fetch("/permissions.json")).json();
    const same = (one, other) => JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
    const wrong = [];
    let asked = 0;
    const check = (right, name) => {
      asked += 1;
      if (!right) wrong.push(name);
    };
    check(same(permissions.all, vectors.permissions), "all");
    for (const one of vectors.decisions) {
      check(same(permissions.inServer(one), one.expected.server), `server: ${one.name}`);
      check(same(permissions.inChannel(one), one.expected.channel), `channel: ${one.name}`);
      const { overrides, ...ofServer } = one;
      for (const [question, expected] of [[ofServer, one.expected.server], [one, one.expected.channel]]) {
        const explained = permissions.explain(question);
        check(same(explained.permissions, expected), `explained: ${one.name}`);
        const given = explained.because.filter((why) => why.granted_by !== undefined).map((why) => why.permission);
        check(explained.because.length === permissions.all.length && same(given, expected), `because: ${one.name}`);
      }
    }
    for (const one of vectors.hierarchy) check(permissions.rankAllows(one) === one.allowed, one.name);
    for (const one of vectors.grants) check(same(permissions.beyond(one), one.beyond), one.name);
    return { asked, wrong };
  });
  assert.deepEqual(wrong, []);
  assert.ok(asked > 700, `only ${asked} questions`);
  await page.context().close();
});

test("calls, errors, aborting, loops and the state do what the declarations say", async () => {
  const { backend, bob, server, channel } = await community();
  const { page } = await open(`${await pages("plain", backend)}/blank.html`);
  const seen = await page.evaluate(
    async ({ password, serverId, channelId }) => {
      const { default: init, Client, BeepError, handleOf, homeOf } = await import("/dist/index.js");
      await init();
      const failed = async (promise) => promise.then(() => "no failure", (error) => ({ ours: error instanceof BeepError, code: error.code, name: error.name, missing: error.problem?.missing, requestId: typeof error.requestId }));
      const client = new Client({ url: location.origin });
      const seen = { before: await client.restore(), outside: await failed(client.self.get()) };
      seen.wrong = await failed(client.login({ login: "bob", password: "wrong wrong wrong" }));
      seen.me = (await client.login({ login: "bob", password })).username;
      seen.denied = await failed(client.roles.create({ server: serverId, name: "Boss", permissions: [] }));
      seen.malformed = await failed(client.messages.send({ channel: "nonsense", content: "a" }));
      seen.astray = await failed(client.messages.send({ channel: "..", content: "a" }));
      seen.aborted = await failed(client.messages.list({ channel: channelId }, { signal: AbortSignal.abort() }));
      const stop = new AbortController();
      const late = client.messages.list({ channel: channelId }, { signal: stop.signal });
      stop.abort();
      seen.abortedLate = await failed(late);

      let changes = 0;
      const unsubscribe = client.state.subscribe(() => (changes += 1));
      seen.unready = [client.state.ready, client.state.servers().length];
      const types = [];
      const events = client.events();
      let sent;
      for await (const item of events) {
        types.push(item.type === "event" ? item.event.type : item.type);
        if (item.type === "ready") sent = client.messages.send({ channel: channelId, content: "from a loop" });
        if (item.type === "event" && item.event.type === "message.created") break;
      }
      seen.content = (await sent).content;
      seen.types = types;
      seen.changes = changes > 0;
      unsubscribe();
      seen.servers = client.state.servers().map(({ server, roles }) => [server.name, roles.at(-1).everyone]);
      seen.stable = client.state.servers() === client.state.servers() && client.state.permissionsIn(channelId) === client.state.permissionsIn(channelId);
      seen.homes = [homeOf(channelId) === client.user.domain, handleOf(client.user, client.user.domain), handleOf(client.user, "b.example.com")];
      seen.channels = client.state.channels(serverId).map(({ name }) => name);
      seen.may = [...client.state.permissionsIn(channelId)];
      seen.nothing = [client.state.channel("nonsense"), [...client.state.permissions("nonsense")]];
      await client.self.update({ display_name: "Bobby" });
      seen.renamed = client.state.self().display_name;
      const again = new Client({ url: location.origin });
      again.resume(client.session);
      seen.stored = [Object.keys(client.session).includes("refresh_token"), again.user.id === client.user.id, (await again.self.get()).display_name];
      seen.nonsense = await failed((async () => again.resume({ user: "nobody" }))());
      again.close();
      await client.logout();
      seen.left = client.session;
      seen.after = [client.user, client.state.ready, await client.restore()];
      client.close();
      return seen;
    },
    { password: PASSWORD, serverId: server.id, channelId: channel.id },
  );
  const refused = (code) => ({ ours: true, code, name: "BeepError", requestId: "string" });
  assert.equal(seen.before, null);
  assert.equal(seen.outside.code, "not_signed_in");
  assert.deepEqual(seen.wrong, { ...refused("invalid_credentials"), missing: undefined });
  assert.equal(seen.me, bob.user.username);
  assert.deepEqual(seen.denied, { ...refused("permission_denied"), missing: ["manage_roles"] });
  assert.equal(seen.malformed.code, "invalid_request");
  assert.equal(seen.astray.code, "configuration");
  assert.equal(seen.aborted.name, "AbortError");
  assert.equal(seen.abortedLate.name, "AbortError");
  assert.deepEqual(seen.unready, [false, 0]);
  assert.equal(seen.content, "from a loop");
  assert.deepEqual(seen.types, ["ready", "message.created"]);
  assert.equal(seen.changes, true);
  assert.deepEqual(seen.servers, [["Home", true]]);
  assert.equal(seen.stable, true);
  assert.deepEqual(seen.channels, ["general"]);
  assert.ok(seen.may.includes("send_messages") && !seen.may.includes("manage_channels"), seen.may.join());
  assert.deepEqual(seen.nothing, [null, []]);
  assert.deepEqual(seen.homes, [true, bob.user.username, `${bob.user.username}@${bob.user.domain}`]);
  assert.equal(seen.renamed, "Bobby");
  assert.deepEqual(seen.stored, [false, true, "Bobby"]);
  assert.equal(seen.nonsense.code, "configuration");
  assert.equal(seen.left, null);
  assert.deepEqual(seen.after, [null, false, null]);
  await page.context().close();
});

test("the objects of a chat send after an outage and a reload, once and in order, and open offline", async () => {
  const { backend, ada, bob, channel } = await community();
  const { page } = await open(`${await pages("plain", backend)}/blank.html`);
  /** Begins the page's chat, with a login, a stored session or the cookie, and shows the channel. */
  const begin = ({ login, session } = {}) =>
    page.evaluate(async ([channel, login, session]) => {
      const { default: init, Chat, Client } = await import("/dist/index.js");
      await init();
      const client = new Client({ url: location.origin, tries: 1 });
      if (login) await client.login(login);
      else if (session) client.resume(session);
      else await client.restore();
      const chat = new Chat(client);
      chat.run().catch((error) => console.log(`ended: ${error}`));
      const timeline = chat.timeline(channel);
      const until = (observed, holds) =>
        new Promise((resolve) => {
          const look = () => {
            if (!holds()) return;
            stop();
            resolve();
          };
          const stop = observed.subscribe(() => queueMicrotask(look));
          queueMicrotask(look);
        });
      const said = () => timeline.rows.map((row) => (row.type === "message" ? row.message.content : `(${row.content})`));
      Object.assign(globalThis, { chat, timeline, until, said });
    }, [channel.id, login, session]);

  await begin({ login: { login: "ada", password: PASSWORD } });
  await page.evaluate(() => until(timeline.status, () => timeline.status.value.is_loaded && chat.connection.value.type === "live"));
  const key = await page.evaluate(async (channel) => {
    const nonce = chat.sendQueue.send(channel, "one");
    await until(timeline, () => timeline.rows.length > 0);
    if (timeline.rows.at(-1).key !== nonce) throw new Error("a message on its way has its nonce as its key");
    await until(timeline, () => timeline.rows.at(-1)?.type === "message");
    return timeline.rows.at(-1).key === nonce;
  }, channel.id);
  assert.ok(key, "a message that arrived keeps its key");

  await backend.kill();
  await page.evaluate(async (channel) => {
    await until(chat.connection, () => chat.connection.value.type === "offline");
    for (const text of ["two", "three"]) chat.sendQueue.send(channel, text);
    chat.drafts.set({ channel, edits: null }, "half a thought");
    await chat.saved();
  }, channel.id);
  await backend.run();
  await page.evaluate(() => {
    chat.networkIsBack();
    return until(chat.sendQueue, () => chat.sendQueue.rows.length === 0);
  });
  await backend.ask("POST", `/channels/${channel.id}/messages`, { content: "<@" + ada.user.id + "> four" }, bob.access_token);
  await page.evaluate(() => until(timeline, () => said().length === 4));
  assert.deepEqual(await page.evaluate(() => said().slice(0, 3)), ["one", "two", "three"]);
  const row = await page.evaluate(async (server) => {
    const rows = chat.conversations.channels(server);
    await until(rows, () => rows.rows[0]?.unread > 0);
    return rows.rows[0];
  }, channel.server_id);
  assert.deepEqual([row.unread, row.mentions], [1, 1]);
  assert.deepEqual(await page.evaluate((channel) => chat.denied({ action: "manage_channel", channel }), channel.id), null);

  // A page that is opened again knows all of it before anything was asked.
  await page.evaluate(() => chat.saved());
  await page.reload();
  await page.route("**/channels/**", (route) => route.abort());
  await begin();
  await page.evaluate(() => until(timeline, () => said().length === 4));
  const kept = await page.evaluate((channel) => chat.drafts.get({ channel, edits: null }).text, channel.id);
  assert.equal(kept, "half a thought");

  // A second tab shows the same, and takes nothing away.
  const other = await page.context().newPage();
  await other.goto(page.url());
  assert.equal(
    await other.evaluate(async (channel) => {
      const { default: init, Chat, Client } = await import("/dist/index.js");
      await init();
      const client = new Client({ url: location.origin });
      await client.restore();
      const chat = new Chat(client);
      chat.run().catch(() => {});
      return new Promise((resolve) => {
        const look = () => chat.drafts.rows.length && resolve(chat.drafts.rows[0].text);
        chat.drafts.subscribe(look);
        look();
      });
    }, channel.id),
    "half a thought",
  );
  await other.close();

  // So does one that is opened while the backend is gone.
  const session = await page.evaluate(() => chat.client.session);
  await backend.kill();
  await page.reload();
  await begin({ session });
  await page.evaluate(() => until(timeline, () => said().length === 4));
  await page.evaluate(() => until(chat.connection, () => chat.connection.value.type === "offline"));

  // And so does a second tab then: it begins with what the first keeps.
  const late = await page.context().newPage();
  await late.goto(page.url());
  const shown = await late.evaluate(async ([session, channel]) => {
    const { default: init, Chat, Client } = await import("/dist/index.js");
    await init();
    const client = new Client({ url: location.origin });
    client.resume(session);
    const chat = new Chat(client);
    chat.run().catch(() => {});
    const timeline = chat.timeline(channel);
    return new Promise((resolve) => {
      const look = () => timeline.rows.length === 4 && resolve(timeline.rows.map(({ message }) => message.content));
      timeline.subscribe(look);
      look();
    });
  }, [session, channel.id]);
  assert.deepEqual(shown, await page.evaluate(() => said()));
  await page.context().close();
});
