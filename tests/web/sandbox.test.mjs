/** What the pages of a sandbox work out by themselves: whose code was just sent, and which speed comes next. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PACES, SPEEDS, stepped } from "../../dispatch/web/desk/sandbox-bar.js";
import { codeFor } from "../../dispatch/web/shell/sandbox.js";

const CODES = [
  { phone: "27821234567", code: "111111", age_s: 0.5 },
  { phone: "27821234568", code: "222222", age_s: 2 },
  { phone: "27821234567", code: "333333", age_s: 90 },
];

test("the newest code of a phone is found, however the number is written", () => {
  assert.equal(codeFor(CODES, "+27 82 123 4567"), "111111");
  assert.equal(codeFor(CODES, "27821234568"), "222222");
});

test("a code of before the click is not taken for the one that was just sent", () => {
  assert.equal(codeFor(CODES, "+27821234568", 1), null);
  assert.equal(codeFor(CODES, "+27821234568", 3), "222222");
  assert.equal(codeFor(CODES, "+27800000000"), null);
});

test("speeds go up and down by steps and stop at both ends", () => {
  assert.equal(stepped(SPEEDS, 1, 1), 2);
  assert.equal(stepped(SPEEDS, 4, 1), 4);
  assert.equal(stepped(SPEEDS, 1, -1), 1);
  assert.equal(stepped(PACES, 0.7, 1), 1);
  assert.equal(stepped(PACES, 0.7, -1), 0.5);
});
