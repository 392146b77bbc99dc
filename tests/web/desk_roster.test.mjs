/** The names of drivers on the desk: who is live is read, and who is not is found on file. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Session } from "../../dispatch/web/client/dispatch-client.js";
import { Roster } from "../../dispatch/web/desk/roster.js";

const driver = (/** @type {string} */ id) => ({ driver_id: id, driver_name: `Name of ${id}` });
const LIVE = [driver("d1")];
const PAGES = [{ drivers: [driver("d0"), ...LIVE], next: "d1" }, { drivers: [driver("d2")], next: "d2" }, { drivers: [driver("d3")], next: null }];

/** A roster on a server where one driver is live and three pages are on file; what it asked, and how often more was known. */
function rosterOf() {
  const asked = [];
  const fetch = async (url) => {
    const { state, cursor } = Object.fromEntries(url.searchParams);
    asked.push(cursor ? `${state} ${cursor}` : state);
    const at = cursor ? PAGES.findIndex((page) => page.next === cursor) + 1 : 0;
    return new Response(JSON.stringify(state === "live" ? { drivers: LIVE, next: null } : PAGES[at]));
  };
  const session = new Session({ base: "http://localhost:8067", page: "desk", fetch });
  session.useToken("t1");
  return { roster: new Roster(session, () => {}), asked };
}

test("drivers who are live are read, and those on file only for somebody unknown", async () => {
  const { roster, asked } = rosterOf();
  await roster.read();
  assert.equal(roster.name("d1"), "Name of d1");
  assert.deepEqual(asked, ["live"]);
});

test("a driver who is offline has the name on file, in as few pages as it takes", async () => {
  const { roster, asked } = rosterOf();
  assert.equal(roster.name("d2"), "d2");
  const before = roster.version;
  await roster.read();
  assert.equal(roster.name("d2"), "Name of d2");
  assert.deepEqual(asked, ["live", "all", "all d1"]);
  assert.ok(roster.version > before);
});

test("whoever is not on file keeps the id, and is looked for once", async () => {
  const { roster, asked } = rosterOf();
  roster.name("gone");
  await roster.read();
  assert.deepEqual(asked, ["live", "all", "all d1", "all d2"]);
  assert.equal(roster.name("gone"), "gone");
  await roster.read();
  assert.deepEqual(asked.slice(4), ["live"]);
});

test("whoever turns up a moment after a reading is looked for a little later", async (t) => {
  const { roster } = rosterOf();
  await roster.read();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  assert.equal(roster.name("d3"), "d3");
  t.mock.timers.tick(5_000);
  while (roster.name("d3") === "d3") await new Promise(setImmediate);
  assert.equal(roster.name("d3"), "Name of d3");
});
