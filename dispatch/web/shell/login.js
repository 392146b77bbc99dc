import { Refused } from "../client/errors.js";
import { Countdown } from "../client/countdown.js";
import { drawClock } from "./clock.js";
import { el, fill } from "./dom.js";
import { errorText } from "./errors.js";
import { button, field } from "./form.js";

/** @typedef {"passenger" | "driver" | "desk"} PageName */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("../client/dispatch-client.js").DispatchClient} DispatchClient */

const ROLES = /** @type {const} */ ({ passenger: "passenger", driver: "driver", desk: "staff" });
const DIGITS = 6;

/**
 * Digits as the server reads them, whatever script a keyboard writes them in.
 *
 * @param {string} text
 */
export function latinDigits(text) {
  return text.replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660)).replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0));
}

/**
 * The form that somebody logs in with: a phone number, then the code that is sent to it. One button does what comes next. `prefill` puts a
 * phone and perhaps a code in, as the sandbox does.
 *
 * @param {object} options
 * @param {PageName} options.page
 * @param {DispatchClient} options.client
 * @param {Texts} options.texts
 * @param {import("./announcer.js").Announcer} options.announcer
 * @param {() => void} options.done somebody is logged in
 * @returns {{ element: HTMLFormElement, prefill(phone: string): Promise<void>, code(code: string): void }}
 */
export function loginForm({ page, client, texts, announcer, done }) {
  const t = texts;
  const hint = page === "passenger" ? t.say("login.phone_hint") : t.say(page === "driver" ? "login.driver_hint" : "login.desk_hint");
  const phone = field({ id: "phone", label: t.say("login.phone"), hint, test: "phone", type: "tel", autocomplete: "tel", dir: "ltr", required: true });
  const code = field({ id: "code", label: t.say("login.code"), test: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 12, dir: "ltr" });
  const sent = el("p", { class: "muted" }, t.say("login.on_its_way"));
  const again = el("div");
  const second = el("div", { class: "stack", hidden: true }, sent, code.element, again);
  const go = button({ label: t.say("login.send"), kind: "primary", type: "submit", test: "log-in" });
  const wrong = el("p", { class: "error", hidden: true });
  /** @type {string | null} */
  let requestId = null;
  /** @type {ReturnType<typeof drawClock> | null} */
  let clock = null;
  let busy = false;

  const fail = (/** @type {unknown} */ error) => {
    const text = loginError(error, t);
    const at = error instanceof Refused && requestId !== null ? code : error instanceof Refused && error.field === "phone" ? phone : null;
    if (at !== null) at.error(text);
    fill(wrong, at === null ? text : "");
    wrong.hidden = at !== null;
    announcer.call(text);
    at?.input.focus();
  };
  const send = async () => {
    const answer = await client.session.requestCode({ phone: phone.input.value, role: ROLES[page] });
    requestId = answer.request_id;
    second.hidden = false;
    fill(go, t.say("login.log_in"));
    code.input.value = "";
    code.error(null);
    announcer.say(t.say("login.on_its_way"));
    code.input.focus();
    const countdown = new Countdown(answer.resend_in * 1_000);
    clock?.stop();
    clock = drawClock({ countdown, sentence: (clock) => t.say("login.again_in", { clock }), className: "muted clock", onEnd: offerAgain });
    fill(again, clock.element);
  };
  const offerAgain = () => fill(again, button({ label: t.say("login.send_again"), kind: "plain", run: () => attempt(send) }));
  const verify = async () => {
    await client.session.verifyCode({ request_id: requestId ?? "", code: latinDigits(code.input.value).replace(/\D/g, "") });
    clock?.stop();
    done();
  };
  const attempt = async (/** @type {() => Promise<void>} */ step) => {
    if (busy) return;
    busy = true;
    go.setAttribute("aria-disabled", "true");
    for (const at of [phone, code]) at.error(null);
    wrong.hidden = true;
    try {
      await step();
    } catch (error) {
      fail(error);
    } finally {
      busy = false;
      go.removeAttribute("aria-disabled");
    }
  };
  phone.input.addEventListener("input", () => {
    if (requestId === null) return;
    requestId = null;
    second.hidden = true;
    fill(go, t.say("login.send"));
  });
  code.input.addEventListener("input", () => {
    const digits = latinDigits(code.input.value).replace(/\D/g, "");
    if (digits.length === DIGITS && code.input.getAttribute("aria-invalid") === "true") code.error(null);
  });
  const submitted = (/** @type {Event} */ event) => {
    event.preventDefault();
    void attempt(requestId === null ? send : verify);
  };
  const heading = el("h1", { tabindex: "-1" }, t.say("login.title"));
  const element = el("form", { class: "stack wide", novalidate: true, on: { submit: submitted } }, heading, phone.element, second, wrong, go);
  return {
    element,
    async prefill(number) {
      phone.input.value = number;
      requestId = null;
      await attempt(send);
    },
    code(digits) {
      code.input.value = digits;
    },
  };
}

/**
 * @param {unknown} error
 * @param {Texts} texts
 */
function loginError(error, texts) {
  if (error instanceof Refused && (error.code === "wrong_code" || error.code === "code_expired")) return texts.say("login.wrong_code");
  if (error instanceof Refused && error.code === "rate_limited") {
    return texts.say("login.too_many", { time: texts.time(new Date(Date.now() + (error.retryAfterMs ?? 60_000))) });
  }
  if (error instanceof Refused && error.field === "phone") return texts.say("login.bad_phone");
  return errorText(error, texts);
}

/**
 * The form where nobody has to log in: who somebody is, as they say themselves.
 *
 * @param {object} options
 * @param {Texts} options.texts
 * @param {(guest: { name: string, phone: string }) => void} options.done
 * @returns {{ element: HTMLElement }}
 */
export function guestForm({ texts, done }) {
  const name = field({ id: "name", label: texts.say("login.name"), test: "name", autocomplete: "name", maxlength: 80 });
  const phone = field({ id: "phone", label: texts.say("login.phone"), test: "phone", type: "tel", autocomplete: "tel", dir: "ltr" });
  const go = button({ label: texts.say("login.go_on"), kind: "primary", type: "submit", test: "log-in" });
  const submitted = (/** @type {Event} */ event) => {
    event.preventDefault();
    const number = latinDigits(phone.input.value).trim();
    if (!/\d{3}/.test(number.replace(/\D/g, ""))) {
      phone.error(texts.say("login.bad_phone"));
      phone.input.focus();
      return;
    }
    done({ name: name.input.value.trim(), phone: number });
  };
  const heading = el("h1", { tabindex: "-1" }, texts.say("login.who"));
  const hint = el("p", { class: "muted" }, texts.say("login.guest_hint"));
  return { element: el("form", { class: "stack wide", novalidate: true, on: { submit: submitted } }, heading, hint, name.element, phone.element, go) };
}
