/** Who is logged in, for a page of the server: its refresh token is a cookie that the module never sees. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { DispatchClient, Session } from "../../dispatch/web/client/dispatch-client.js";

const SARAH = { access_token: "t1", expires_in: 900, person: { id: "p1", role: "passenger", name: "Sarah" } };

/** A session on a server that gives these answers, one after the other. */
function sessionOf(...answers) {
  const asked = [];
  const fetch = async (url) => {
    asked.push(url.pathname);
    const body = answers.shift();
    return body === null ? new Response(null, { status: 204 }) : new Response(JSON.stringify(body), { status: body.status ?? 200 });
  };
  return [new Session({ base: "http://localhost:8067", page: "passenger", fetch }), asked];
}

test("a page on which nobody is logged in hears so without an error", async () => {
  const [session, asked] = sessionOf(null, null);
  assert.equal(await session.restore(), null);
  assert.equal(await session.renew(), null);
  assert.deepEqual(asked, Array(2).fill("/api/auth/passenger/refresh"));
});

test("whoever was logged in still is, and is not any more once the server says so", async () => {
  const [session] = sessionOf(SARAH, null);
  const heard = [];
  session.on("person", (person) => heard.push(person?.name ?? null));
  assert.equal((await session.restore())?.name, "Sarah");
  assert.equal(await session.accessToken(), "t1");
  await session.renew();
  assert.equal(session.person, null);
  assert.deepEqual(heard, ["Sarah", null]);
});

test("the time of a phone whose clock is an hour off is the server's, and a right clock stays as it is", async () => {
  for (const [offMs, expected] of [[-3_600_000, -3_600_000], [2_000, 0]]) {
    const date = new Date(Math.floor((Date.now() + offMs) / 1_000) * 1_000).toUTCString();
    const session = new Session({ base: "http://localhost:8067", fetch: async () => new Response("{}", { headers: { Date: date } }) });
    await session.request("GET", "/api/town", { anybody: true });
    assert.ok(Math.abs(session.clockOffMs - expected) < 2_000, `${session.clockOffMs}`);
    assert.ok(Math.abs(session.serverNow() - Date.now() - expected) < 2_000);
  }
});

test("a driver's device is registered in the name of the login, and its token stands in no address", async () => {
  const asked = [];
  const fetch = async (url, { method, body, headers }) => {
    asked.push([method, url.pathname, body ? JSON.parse(body) : null, new Headers(headers).get("authorization")]);
    if (method === "DELETE") return new Response(null, { status: 204 });
    return new Response(JSON.stringify(url.pathname.endsWith("refresh") ? { ...SARAH, refresh_token: "r2" } : { device_id: "d1", pushes: true }));
  };
  const client = new DispatchClient({ base: "http://localhost:8067", refreshToken: "r1", fetch });
  assert.equal((await client.registerDevice("the-token", "android")).device_id, "d1");
  await client.forgetDevice("d1");
  assert.deepEqual(asked.slice(-2), [
    ["POST", "/api/me/devices", { token: "the-token", platform: "android" }, "Bearer t1"],
    ["DELETE", "/api/me/devices/d1", null, "Bearer t1"],
  ]);
});
