import { expect, it } from "vitest";
import type { Role } from "../sdk";
import { howOf, moved, type How } from "./cells";

const keeper = { id: "7", everyone: false, permissions: ["manage_messages", "view_channels"] } as unknown as Role;
const admin = { id: "9", everyone: false, permissions: ["administrator"] } as unknown as Role;
const everyone = { id: "0", everyone: true, permissions: ["view_channels"] } as unknown as Role;

it.each<[Role, string, { granted_by?: string; denied_by?: string }, boolean, How]>([
  [keeper, "manage_messages", { granted_by: "role:7" }, true, "own"],
  [keeper, "send_messages", { granted_by: "implied:manage_messages" }, true, "implied"],
  [keeper, "change_nickname", { granted_by: "role:0" }, true, "everyone"],
  // The engine names `everyone` first.
  [keeper, "view_channels", { granted_by: "role:0" }, true, "own"],
  [everyone, "view_channels", { granted_by: "role:0" }, true, "own"],
  [admin, "administrator", { granted_by: "role:9" }, true, "own"],
  [admin, "manage_roles", { granted_by: "role:9" }, true, "administrator"],
  [keeper, "send_messages", { granted_by: "override:role:7" }, false, "allowed"],
  [keeper, "send_messages", { denied_by: "override:role:0" }, false, "denied"],
  [keeper, "send_messages", { denied_by: "needs:view_channels" }, false, "none"],
  [keeper, "manage_server", { denied_by: "nothing_grants_it" }, true, "none"],
])("of %j, %s comes by %j", (role, permission, because, inServer, how) => expect(howOf(role, { permission, ...because }, inServer)).toBe(how));

const size = { rows: 4, columns: 3 };
const pressed = (key: string, ctrlKey = false) => ({ key, ctrlKey });

it.each([
  ["ArrowDown", { row: 1, column: 1 }, { row: 2, column: 1 }],
  ["ArrowUp", { row: 3, column: 2 }, { row: 2, column: 2 }],
  ["ArrowRight", { row: 1, column: 1 }, { row: 1, column: 2 }],
  ["ArrowLeft", { row: 1, column: 2 }, { row: 1, column: 1 }],
  ["Home", { row: 2, column: 2 }, { row: 2, column: 1 }],
  ["End", { row: 2, column: 1 }, { row: 2, column: 2 }],
  ["PageUp", { row: 3, column: 2 }, { row: 1, column: 2 }],
  ["PageDown", { row: 1, column: 2 }, { row: 3, column: 2 }],
  // At the edges it stays, and the headings are no cells to go to.
  ["ArrowUp", { row: 1, column: 1 }, null],
  ["ArrowLeft", { row: 1, column: 1 }, null],
  ["ArrowDown", { row: 3, column: 1 }, null],
  ["ArrowRight", { row: 1, column: 2 }, null],
  ["Tab", { row: 1, column: 1 }, null],
])("%s leads from %j to %j", (key, from, to) => expect(moved(from, pressed(key), size, false)).toEqual(to));

it("goes to the corners, and the other way where one reads from right to left", () => {
  expect(moved({ row: 2, column: 2 }, pressed("Home", true), size, false)).toEqual({ row: 1, column: 1 });
  expect(moved({ row: 1, column: 1 }, pressed("End", true), size, false)).toEqual({ row: 3, column: 2 });
  expect(moved({ row: 1, column: 1 }, pressed("ArrowLeft"), size, true)).toEqual({ row: 1, column: 2 });
  expect(moved({ row: 1, column: 1 }, pressed("ArrowRight"), size, true)).toBeNull();
});
