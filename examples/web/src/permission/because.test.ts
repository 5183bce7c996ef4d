import { expect, it, vi } from "vitest";
import type { Role } from "../sdk";

vi.mock("../sdk", () => ({ permissions: { all: [] } }));
const { explainBecause } = await import("./because");

const role = (id: string, name: string, permissions: string[] = []) => ({ id, name, permissions, everyone: id === "0" }) as unknown as Role;
const known = { roles: [role("9", "Admins", ["administrator"]), role("7", "Moderators", ["manage_messages"]), role("0", "everyone", ["view_channels"])] };
const channel = { name: "general", kind: "text" as const };
const said = (because: { permission?: string; granted_by?: string; denied_by?: string }, around: object = {}) => explainBecause({ permission: "send_messages", ...because }, { known, channel, ...around });

it.each([
  ["owner", "The owner of the server may do everything."],
  ["role:7", "By the role Moderators."],
  ["role:0", "Everyone in this server has it."],
  ["role:9", "Administrator, by the role Admins."],
  ["role:8", "By the role (unknown)."],
  ["implied:manage_messages", "Comes with “Manage messages”."],
  ["override:role:7", "Allowed to the role Moderators by the permissions of #general."],
  ["override:role:0", "Allowed to everyone by the permissions of #general."],
  ["override:member", "Allowed to this member alone by the permissions of #general."],
  ["a_newer_reason", "For a reason that this version does not know."],
])("%s gives it", (granted_by, text) => expect(said({ granted_by })).toBe(text));

it.each([
  ["nothing_grants_it", "No role gives it."],
  ["override:role:7", "Denied to the role Moderators by the permissions of #general."],
  ["override:role:0", "Denied to everyone by the permissions of #general."],
  ["override:member", "Denied to this member alone by the permissions of #general."],
  ["needs:view_channels", "Needs “View channels”, which is missing."],
  ["mute", "Muted at the moment."],
  ["not_a_member", "Not a member of this server."],
])("%s denies it", (denied_by, text) => expect(said({ denied_by })).toBe(text));

it("says until when somebody is muted, calls a category by its name, and an administrator by the role alone", () => {
  expect(said({ denied_by: "mute" }, { mutedUntil: "2026-03-05T12:00:00.000Z" })).toMatch(/^Muted until .*2026/);
  expect(said({ denied_by: "override:role:0" }, { channel: { name: "Boxes", kind: "category" } })).toBe("Denied to everyone by the permissions of Boxes.");
  expect(said({ permission: "administrator", granted_by: "role:9" })).toBe("By the role Admins.");
});
