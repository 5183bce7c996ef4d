import { readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { isKey, t } from "../i18n";
import type { AuditEntry } from "../sdk";
import { groupsOf, isAction } from "./actions";
import { linesOf, namedIn, namesIn } from "./words";

vi.mock("../sdk", () => ({ BeepError: class BeepError extends Error {}, permissions: { all: [] } }));
vi.mock("../store/objects", () => ({}));
const { renewed } = await import("./log");

const [ann, ben] = ["1@a.example.com", "2@a.example.com"];
let count = 0;
function entry(action: string, kind: string, id: string, changes: [string, unknown, unknown][] = []): AuditEntry {
  count += 1;
  return { id: `entry ${count}`, at: "2026-03-05T12:00:00.000Z", actor: ann, action, target: { kind, id }, reason: null, changes: changes.map(([field, before, after]) => ({ field, before, after })) } as AuditEntry;
}

/** What is only in the audit log of the backend, not in that of a server. */
const OF_BACKEND = ["admin.grant_role", "admin.revoke_role", "admin.suspend_user", "admin.unsuspend_user", "admin.claim_report", "admin.resolve_report", "admin.allow_backends"];

it("has a sentence for every action, and offers each where it leaves an entry", () => {
  const source = readFileSync("../../beep-core/src/audit.rs", "utf8");
  const all = [...(/actions! \{(.*?)\n\}/s.exec(source)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map(([, name]) => name!);
  expect(all).toEqual(expect.arrayContaining(OF_BACKEND));
  const names = all.filter((name) => !OF_BACKEND.includes(name));
  expect(names.length).toBeGreaterThan(20);
  const offered = (log: "server" | "backend") => groupsOf(log).flatMap(({ actions }) => actions).sort();
  expect(offered("server")).toEqual([...names].sort());
  expect(offered("backend")).toEqual(all.filter((name) => name.startsWith("admin.")).sort());
  for (const name of all) expect([isAction(name), isKey(`audit.did.${name}`), isKey(`audit.action.${name}`)], name).toEqual([true, true, true]);
  expect(isAction("servers.fly")).toBe(false);
});

it.each<[string, AuditEntry, object]>([
  ["a person", entry("bans.put", "user", ben), { target: { kind: "user", id: ben } }],
  ["a domain", entry("domain_bans.put", "domain", "b.example.com"), { target: { kind: "domain", id: "b.example.com" } }],
  ["the role that was given", entry("members.assign_role", "user", ben, [["role", null, "7"]]), { target: { kind: "user", id: ben }, role: { kind: "role", id: "7" } }],
  ["the role that was taken", entry("members.remove_role", "user", ben, [["role", "7", null]]), { target: { kind: "user", id: ben }, role: { kind: "role", id: "7" } }],
  ["who got the server", entry("servers.transfer", "server", "s@a.example.com", [["owner", ann, ben]]), { target: { kind: "user", id: ben } }],
  ["where a message was", entry("messages.delete", "message", "m", [["channel_id", "c@a.example.com", null]]), { channel: { kind: "channel", id: "c@a.example.com" } }],
  ["whom an override is for", entry("channels.put_member_override", "channel", "c@a.example.com", [[`overrides.member:${ben}.deny`, [], ["send_messages"]]]), { target: { kind: "channel", id: "c@a.example.com" }, member: { kind: "user", id: ben } }],
  ["the role that an override is for", entry("channels.put_role_override", "channel", "c@a.example.com", [["overrides.role:7.allow", null, ["send_messages"]]]), { target: { kind: "channel", id: "c@a.example.com" }, role: { kind: "role", id: "7" } }],
  ["where somebody is restricted", entry("admin.restrict_in_channel", "user", ben, [["channel_id", null, "c@a.example.com"], ["restricted_until", null, "2026-04-05T12:00:00.000Z"]]), { target: { kind: "user", id: ben }, channel: { kind: "channel", id: "c@a.example.com" } }],
  ["the server where somebody is restricted", entry("admin.restrict_in_server", "user", ben, [["server_id", null, "s@a.example.com"]]), { target: { kind: "user", id: ben }, server: { kind: "server", id: "s@a.example.com" } }],
  ["a server", entry("admin.suspend_server", "server", "s@a.example.com"), { target: { kind: "server", id: "s@a.example.com" } }],
  ["the global role that was given", entry("admin.grant_role", "user", ben, [["global_role", null, "user_moderator"]]), { target: { kind: "user", id: ben }, role: { kind: "global_role", id: "user_moderator" } }],
  ["nothing", entry("admin.claim_report", "report", "r"), {}],
])("a sentence names %s", (_, of, expected) => expect(namedIn(of)).toEqual(expected));

it("says what was given another value, and not what is the same", () => {
  expect(linesOf(entry("channels.update", "channel", "c", [["topic", "", "what is on"], ["slow_mode_s", 0, 30], ["name", "hall", "stage"], ["follows_parent", true, false]]))).toEqual([
    { type: "value", field: "topic", before: null, after: "what is on" },
    { type: "value", field: "slow_mode_s", before: 0, after: 30 },
    { type: "value", field: "name", before: "hall", after: "stage" },
    { type: "value", field: "follows_parent", before: null, after: false },
  ]);
});
it("leaves out what the sentence says, and what a new thing does not have", () => {
  const made = entry("roles.create", "role", "7", [["name", null, "Keeper"], ["color", null, 0x2f8f4e], ["position", null, 3], ["permissions", null, ["view_channels"]], ["hoist", null, false], ["mentionable", null, true]]);
  expect(linesOf(made)).toEqual([
    { type: "value", field: "color", before: null, after: 0x2f8f4e },
    { type: "permissions", field: "permissions", of: null, added: ["view_channels"], removed: [] },
    { type: "value", field: "mentionable", before: null, after: true },
  ]);
  const invited = entry("invitations.create", "invitation", "i", [["user", null, null], ["inviter", null, ann], ["uses", null, 0], ["max_uses", null, 5]]);
  expect(linesOf(invited)).toEqual([{ type: "value", field: "max_uses", before: null, after: 5 }]);
  expect(linesOf(entry("members.assign_role", "user", ben, [["role", null, "7"]]))).toEqual([]);
});
it("tells permissions that came from those that went, and for whom", () => {
  expect(linesOf(entry("roles.update", "role", "7", [["permissions", ["view_channels", "send_messages"], ["view_channels", "manage_messages"]]]))).toEqual([
    { type: "permissions", field: "permissions", of: null, added: ["manage_messages"], removed: ["send_messages"] },
  ]);
  const of = { kind: "user", id: ben };
  expect(linesOf(entry("channels.put_member_override", "channel", "c", [[`overrides.member:${ben}.allow`, null, []], [`overrides.member:${ben}.deny`, null, ["send_messages"]]]))).toEqual([
    { type: "permissions", field: "deny", of, added: ["send_messages"], removed: [] },
  ]);
});

it("tells which domains are allowed, of a report who took it from whom, and no more of what the sentence says", () => {
  expect(linesOf(entry("admin.allow_backends", "domain", "a.example.com", [["allow_list", null, ["b.example.com"]]]))).toEqual([{ type: "domains", field: "allow_list", before: null, after: ["b.example.com"] }]);
  expect(linesOf(entry("admin.claim_report", "report", "r", [["claimed_by", null, ann]]))).toEqual([]);
  expect(linesOf(entry("admin.claim_report", "report", "r", [["claimed_by", ben, ann]]))).toEqual([{ type: "value", field: "claimed_by", before: ben, after: ann }]);
  expect(linesOf(entry("admin.grant_role", "user", ben, [["global_role", null, "user_moderator"]]))).toEqual([]);
});

it("tells an order as it was and as it is", () => {
  expect(linesOf(entry("roles.order", "server", "s@a.example.com", [["roles", ["7", "8"], ["8", "7"]]]))).toEqual([{ type: "order", field: "roles", before: ["7", "8"], after: ["8", "7"] }]);
});

it("knows what is gone by what the entries tell of it, the newest first", () => {
  const names = namesIn([
    entry("roles.delete", "role", "7", [["name", "Keeper", null]]),
    entry("roles.update", "role", "7", [["name", "Guard", "Keeper"]]),
    entry("channels.create", "channel", "c", [["name", null, "stage"]]),
    entry("bans.put", "user", ben),
  ]);
  expect([...names]).toEqual([["7", "Keeper"], ["c", "stage"]]);
});

it("puts what came since before what is known, and begins anew where something is between", () => {
  const [newest, newer, old, older] = [4, 3, 2, 1].map(() => entry("bans.put", "user", ben));
  expect(renewed([old!, older!], "2", { items: [newest!, newer!, old!], next: "3" })).toEqual({ entries: [newest, newer, old, older], next: "2" });
  expect(renewed([old!], "2", { items: [old!], next: null })).toEqual({ entries: [old], next: "2" });
  expect(renewed([older!], null, { items: [newest!, newer!], next: "4" })).toEqual({ entries: [newest, newer], next: "4" });
  expect(renewed([], null, { items: [newest!], next: null })).toEqual({ entries: [newest], next: null });
});

it("says a sentence in words", () => {
  expect(t("audit.did.members.assign_role", { actor: "ann", target: "ben", role: "Keeper" })).toBe("ann gave ben the role Keeper");
});
