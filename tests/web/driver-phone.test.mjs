/** What a driver's page asks of the phone: sounds, vibration and the screen. The phone is made by hand here: no test has one. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { hold } from "../../dispatch/web/driver/guard.js";
import { Sounds } from "../../dispatch/web/driver/sounds.js";
import { WakeLock } from "../../dispatch/web/driver/wake.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));
let played;
let shaken;
let refuse;
let phone;

/** An element that plays, or refuses to. */
class FakeAudio {
  constructor(url) {
    this.name = url.split("/").at(-1);
  }
  async play() {
    if (refuse && !this.muted) throw new DOMException("no tap", "NotAllowedError");
    if (!this.muted) played.push(this.name);
  }
  pause() {}
}

beforeEach(() => {
  [played, shaken, refuse] = [[], [], false];
  phone = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const navigator = { vibrate: (pattern) => pattern !== 0 && shaken.push(pattern), userActivation: { hasBeenActive: true } };
  for (const [name, value] of Object.entries({ Audio: FakeAudio, document: phone, navigator })) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

test("the tap that goes online wakes every sound and plays one, so that silence is noticed", async () => {
  const sounds = new Sounds(() => true, () => {});
  assert.equal(sounds.awake, false);
  sounds.wake();
  await settled();
  assert.deepEqual([played, sounds.awake], [["good.wav"], true]);
});

test("a request rings and shakes every two seconds until it is closed, and then no more", async () => {
  const sounds = new Sounds(() => true, () => {});
  sounds.ring(() => 20);
  for (const ms of [2_000, 2_000]) mock.timers.tick(ms);
  await settled();
  assert.deepEqual([played.length, shaken.length], [3, 3]);
  sounds.stop();
  mock.timers.tick(10_000);
  assert.equal(played.length, 3);
});

test("whoever wants no sound is not shaken either: vibration never comes alone", () => {
  new Sounds(() => false, () => {}).ring(() => 20);
  mock.timers.tick(10_000);
  assert.deepEqual([played, shaken], [[], []]);
});

test("a sound that the browser refuses is told, until one plays", async () => {
  let told = 0;
  const sounds = new Sounds(() => true, () => (told += 1));
  refuse = true;
  await sounds.play("request");
  assert.deepEqual([sounds.blocked, told], [true, 1]);
  refuse = false;
  await sounds.play("request");
  assert.deepEqual([sounds.blocked, told], [false, 2]);
});

/** A screen that can be kept on: `locks` counts what was asked for. */
function screen() {
  const kept = { locks: 0, last: null, fails: false };
  navigator.wakeLock = {
    request: async () => {
      if (kept.fails) throw new Error("battery");
      kept.locks += 1;
      kept.last = Object.assign(new EventTarget(), { release: () => kept.last.dispatchEvent(new Event("release")) });
      return kept.last;
    },
  };
  return kept;
}

test("the screen is kept on while it is wanted, and again when a page that was hidden is seen", async () => {
  const kept = screen();
  const wake = new WakeLock(() => {});
  wake.want(true);
  await settled();
  phone.visibilityState = "hidden";
  kept.last.dispatchEvent(new Event("release"));
  assert.deepEqual([kept.locks, wake.lost], [1, false], "a hidden page loses it by rule");
  phone.visibilityState = "visible";
  phone.dispatchEvent(new Event("visibilitychange"));
  await settled();
  assert.equal(kept.locks, 2);
  wake.want(false);
  phone.dispatchEvent(new Event("visibilitychange"));
  await settled();
  assert.equal(kept.locks, 2);
});

test("a screen that may sleep although it should not is told", async () => {
  const kept = screen();
  let told = 0;
  const wake = new WakeLock(() => (told += 1));
  kept.fails = true;
  wake.want(true);
  await settled();
  assert.deepEqual([wake.lost, told], [true, 1]);
});

/** A button that is held and let go. */
function heldButton(run) {
  const button = Object.assign(new EventTarget(), { classList: new Set() });
  button.classList.remove = button.classList.delete;
  hold(button, 0, run);
  return button;
}

test("where Accept is held down, six tenths of a second count and a tap does not", () => {
  let accepted = 0;
  const button = heldButton(() => (accepted += 1));
  button.dispatchEvent(new Event("pointerdown"));
  mock.timers.tick(500);
  button.dispatchEvent(new Event("pointerup"));
  button.dispatchEvent(Object.assign(new Event("click"), { detail: 1 }));
  mock.timers.tick(5_000);
  assert.equal(accepted, 0);
  button.dispatchEvent(new Event("pointerdown"));
  mock.timers.tick(600);
  assert.equal(accepted, 1);
});

test("the keyboard is free of holding down", () => {
  let accepted = 0;
  heldButton(() => (accepted += 1)).dispatchEvent(Object.assign(new Event("click"), { detail: 0 }));
  assert.equal(accepted, 1);
});
