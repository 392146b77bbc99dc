/** What staff do with a ride: say who drives, take it away, close it, change it. Each says what follows before it is done. */

import { el, fill, said } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { button, field } from "../shell/form.js";
import { streetField } from "../map/street-field.js";
import { CLOSE_REASONS, REASSIGN_REASONS } from "./reasons.js";
import { actionsFor, deedsWith } from "./state.js";
import { ruleOf } from "./why.js";

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {import("./ride-panel.js").Ride} Ride */
/** @typedef {{ driver_id: string, driver_name: string, vehicle_type: string, vehicle_registration: string, distance_m?: number, eta_s?: number, why_not_asked?: string }} Askable */

/** The key of what was asked last, and what that was: the same again after a lost answer is the same request. */
let last = { said: "", key: "" };

/**
 * Does something to a ride, and says what came of it, to the eye and to the ear.
 *
 * @param {Desk} desk
 * @param {HTMLElement} told where errors are shown
 * @param {string} path
 * @param {Record<string, unknown>} body
 * @param {string} sentence what was done
 * @param {"POST" | "PATCH"} [method]
 * @returns {Promise<any>} the answer; null where it was not done
 */
async function does(desk, told, path, body, sentence, method = "POST") {
  try {
    fill(told);
    const said = `${method} ${path} ${JSON.stringify(body)}`;
    if (said !== last.said) last = { said, key: crypto.randomUUID() };
    const answer = await desk.session.request(method, path, { body, idempotencyKey: last.key });
    last = { said: "", key: "" };
    desk.tell(sentence);
    return answer;
  } catch (error) {
    const words = errorText(error, desk.page.texts);
    fill(told, words);
    desk.page.announcer.call(words);
    return null;
  }
}

/** @param {Ride} ride @param {string} [deed] */
function pathOf(ride, deed) {
  return `/api/rides/${encodeURIComponent(ride.ride_id)}${deed ? `/${deed}` : ""}`;
}

/** @param {Desk} desk */
function words(desk) {
  return (/** @type {string} */ key, values = {}) => desk.page.texts.say(`desk.${key}`, values);
}

/** @param {Desk} desk @param {HTMLElement} box @param {Ride} ride @param {(now?: Ride) => void} done the ride has changed, to this if it is known */
export async function assignPart(desk, box, ride, done) {
  const t = words(desk);
  const { texts, person } = desk.page;
  const told = el("p", { class: "error", role: "none" });
  const heading = el("h3", { tabindex: "-1" }, t("assign_title"));
  fill(box, heading, el("p", { class: "hint" }, t(person.manager ? "assign_hint_manager" : "assign_hint")), told, el("p", { class: "loading" }, t("loading")));
  heading.focus();
  let answer;
  try {
    answer = await desk.session.request("GET", pathOf(ride, "drivers"));
  } catch (error) {
    return fill(told, errorText(error, texts));
  }
  const canBind = actionsFor(ride, person).has("bind");
  /** @param {Askable} driver @param {boolean} bind */
  const give = async (driver, bind) => {
    const sentence = t(bind ? "was_bound" : "was_asked", { name: driver.driver_name });
    if (!(await does(desk, told, pathOf(ride, "assign"), { driver_id: driver.driver_id, ...(bind ? { bind: true } : {}) }, sentence))) return;
    desk.send({ type: "part", part: "ride" });
    desk.panel.focus();
    done();
  };
  const rows = /** @type {Askable[]} */ (answer.drivers).map((driver) => ({ driver, may: deedsWith(driver, canBind) })).map(({ driver, may }) => el("tr", {},
    el("td", {}, said(driver.driver_name), " ", el("span", { class: "muted code" }, driver.vehicle_registration)),
    el("td", { class: "number" }, driver.distance_m === undefined ? "–" : texts.distance(driver.distance_m)),
    el("td", { class: "number" }, driver.eta_s === undefined ? "–" : texts.duration(driver.eta_s)),
    el("td", {}, el("span", { class: "row tight" },
      driver.why_not_asked === undefined ? null : el("span", { class: "muted" }, ruleOf(driver.why_not_asked, texts)),
      may.ask && small(t("ask"), t("ask_whom", { name: driver.driver_name }), () => give(driver, false)),
      may.bind && small(t("bind"), t("bind_whom", { name: driver.driver_name }), () => give(driver, true))))));
  const head = [t("driver"), t("away"), t("eta"), t("can_be_asked")].map((label, at) => el("th", { scope: "col", class: at === 1 || at === 2 ? "number" : null }, label));
  fill(box, heading, el("p", { class: "hint" }, t("askable", { n: answer.askable, others: answer.others })), told,
    rows.length === 0 ? el("p", { class: "empty muted" }, t("no_drivers_live")) : el("table", { class: "grid small-grid", test: "askable" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)));
  const first = /** @type {HTMLElement | null} */ (box.querySelector("tbody button"));
  (first ?? heading).focus();
}

/** @param {string} label @param {string} whole for those who do not see the row @param {() => Promise<void>} run */
function small(label, whole, run) {
  const made = button({ label, wide: false, run });
  made.classList.add("small-button");
  made.setAttribute("aria-label", whole);
  return made;
}

/**
 * @param {Desk} desk
 * @param {string} id
 * @param {readonly string[]} reasons
 */
function reasonChoice(desk, id, reasons) {
  const t = words(desk);
  const select = el("select", { id }, ...reasons.map((one) => el("option", { value: one }, t(`reason_${one}`))));
  const other = field({ id: `${id}-other`, label: t("reason_words"), maxlength: 300 });
  other.element.hidden = true;
  select.addEventListener("change", () => {
    other.element.hidden = select.value !== "other";
    if (!other.element.hidden) other.input.focus();
  });
  return {
    elements: [el("div", { class: "field" }, el("label", { for: id }, t("reason")), select), other.element],
    focus: () => select.focus(),
    text: () => (select.value === "other" ? other.input.value.trim() : select.options[select.selectedIndex].text),
  };
}

/** @param {Desk} desk @param {HTMLElement} box @param {Ride} ride @param {(now?: Ride) => void} done the ride has changed, to this if it is known */
export function reassignPart(desk, box, ride, done) {
  const t = words(desk);
  const told = el("p", { class: "error" });
  const reason = reasonChoice(desk, "reassign-reason", REASSIGN_REASONS);
  const name = ride.driver_name ?? t("the_driver");
  const go = button({
    label: t("reassign_do", { name }), kind: "danger", test: "reassign-do",
    run: async () => {
      const now = await does(desk, told, pathOf(ride, "reassign"), { reason: reason.text() }, t("was_reassigned", { name }));
      if (now === null) return;
      done(now);
      // Others are asked by themselves; who shall drive can be said at once.
      desk.send({ type: "part", part: "assign" });
    },
  });
  fill(box, el("h3", {}, t("reassign_title")), el("p", {}, t("reassign_follows", { name })), ...reason.elements, go, told);
  reason.focus();
}

/** @param {Desk} desk @param {HTMLElement} box @param {Ride} ride @param {(now?: Ride) => void} done the ride has changed, to this if it is known */
export function closePart(desk, box, ride, done) {
  const t = words(desk);
  const told = el("p", { class: "error" });
  const reason = reasonChoice(desk, "close-reason", CLOSE_REASONS);
  const go = button({
    label: t("close_free"), kind: "danger", test: "close-do",
    run: async () => {
      if (!(await does(desk, told, pathOf(ride, "cancel"), { reason: reason.text() }, t("was_closed")))) return;
      desk.send({ type: "part", part: "ride" });
      desk.panel.focus();
      done();
    },
  });
  go.classList.add("filled");
  fill(box, el("h3", {}, t("close_title")), el("p", {}, t(ride.driver_id ? "close_follows_driver" : "close_follows")), ...reason.elements, go, told);
  reason.focus();
}

/** @param {Desk} desk @param {HTMLElement} box @param {Ride} ride @param {(now?: Ride) => void} done the ride has changed, to this if it is known */
export function editPart(desk, box, ride, done) {
  const t = words(desk);
  const { texts, announcer } = desk.page;
  const told = el("p", { class: "error" });
  const places = actionsFor(ride, desk.page.person).has("places");
  const note = field({ id: "edit-note", label: t("note_for_driver"), maxlength: 300, value: ride.note ?? "" });
  const ends = /** @type {const} */ (["pickup", "dropoff"]).map((end) => {
    const made = streetField({ id: `edit-${end}`, label: t(end), texts, streets: desk.streets, announcer, onChosen: () => {} });
    made.set({ name: ride[`${end}_address`], lat: ride[`${end}_latitude`], lon: ride[`${end}_longitude`] });
    return { end, made, was: JSON.stringify(made.value) };
  });
  const save = button({
    label: t("save"), kind: "primary", test: "edit-do",
    run: async () => {
      /** @type {Record<string, unknown>} */
      const body = note.input.value.trim() === (ride.note ?? "") ? {} : { note: note.input.value.trim() };
      for (const { end, made, was } of places ? ends : []) {
        if (made.value === null) return made.error(t("no_such_street"));
        if (JSON.stringify(made.value) !== was) Object.assign(body, { [`${end}_address`]: made.value.name, [`${end}_latitude`]: made.value.lat, [`${end}_longitude`]: made.value.lon });
      }
      if (Object.keys(body).length > 0 && !(await does(desk, told, pathOf(ride), body, t("was_saved"), "PATCH"))) return;
      desk.send({ type: "part", part: "ride" });
      desk.panel.focus();
      done();
    },
  });
  fill(box, el("h3", {}, t(places ? "edit" : "edit_note")), places ? el("p", { class: "hint" }, t("edit_follows")) : null, ...(places ? ends.map(({ made }) => made.element) : []), note.element, save, told);
  (places ? ends[0].made : note.input).focus();
}

/** @param {Desk} desk @param {HTMLElement} box @param {Ride} ride @param {(now?: Ride) => void} done the ride has changed, to this if it is known */
export function farePart(desk, box, ride, done) {
  const t = words(desk);
  const told = el("p", { class: "error" });
  const fare = field({ id: "new-fare", label: t("new_fare", { currency: ride.currency ?? "" }), inputmode: "decimal", dir: "ltr", value: String(ride.fare) });
  const reason = field({ id: "fare-reason", label: t("fare_reason"), maxlength: 300 });
  const save = button({
    label: t("fare_do"), kind: "primary", test: "fare-do",
    run: async () => {
      for (const one of [fare, reason]) one.error(null);
      const sum = Number(fare.input.value.replace(",", "."));
      if (!(sum >= 0) || fare.input.value.trim() === "") return fare.error(t("fare_wrong"));
      if (reason.input.value.trim() === "") return reason.error(t("reason_missing"));
      if (!(await does(desk, told, pathOf(ride, "fare"), { fare: sum, reason: reason.input.value.trim() }, t("was_fare")))) return;
      desk.send({ type: "part", part: "ride" });
      desk.panel.focus();
      done();
    },
  });
  fill(box, el("h3", {}, t("fare")), el("p", { class: "hint" }, t("fare_follows")), fare.element, reason.element, save, told);
  fare.input.focus();
}
