/** The lists beside the map: who waits too long, and the rides of now. The same rides and actions as on the map. */

import { el, fill, said } from "../shell/dom.js";
import { ageS, kindOfRide, NEEDS } from "./board.js";
import { searches } from "./find-field.js";
import { Rows } from "./rows.js";
import { keyCap, shape } from "./shapes.js";
import { settled } from "./state.js";

const ROW_PX = 44;
const REST_MS = 3_000;

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {import("./state.js").Unserved} Unserved */
/** @typedef {import("../client/types").RideRow} RideRow */

/**
 * Whether a list is in use: the pointer or the focus is in it, and moved a moment ago.
 *
 * @param {HTMLElement} box
 */
function useOf(box) {
  let usedAt = -Infinity;
  let isPointed = false;
  const used = () => {
    usedAt = performance.now();
  };
  box.addEventListener("pointermove", () => {
    isPointed = true;
    used();
  });
  box.addEventListener("pointerleave", () => {
    isPointed = false;
  });
  box.addEventListener("keydown", used);
  box.addEventListener("focusin", used);
  return () => (isPointed || box.contains(document.activeElement)) && performance.now() - usedAt < REST_MS;
}

/** @param {Desk} desk */
export function mapLists(desk) {
  const { texts } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);

  const unservedList = rideList(desk, { label: t("unserved"), empty: t("nobody_waiting"), test: "unserved" });
  const nowList = rideList(desk, { label: t("rides_now"), empty: t("no_rides_now"), test: "ride-list" });
  const find = el("input", { type: "search", id: "find", class: "input small-input", placeholder: t("find"), "aria-label": t("find_label"), autocomplete: "off" });
  const state = el("select", { "aria-label": t("state"), class: "input small-input" },
    el("option", { value: "" }, t("all_states")),
    ...["pending", "accepted", "arrived", "in_progress", "scheduled"].map((one) => el("option", { value: one }, t(`status_${one}`))));
  state.addEventListener("change", () => draw());
  searches(find, { changed: () => draw(), leave: () => desk.leaveField() });
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (nowList.count() === 0) desk.findEverywhere(find.value);
    else nowList.move(1);
  });

  const element = el("section", { class: "map-lists" },
    el("div", { class: "list-head" }, el("h2", {}, t("unserved_longest")), keyCap("U")),
    unservedList.element,
    el("div", { class: "list-head" }, el("h2", { class: "short" }, t("rides_now")), state, find, keyCap("/")),
    nowList.element);

  /** @param {RideRow} row @param {string} wanted */
  function fits(row, wanted) {
    if (state.value !== "" && row.status !== state.value) return false;
    if (wanted === "") return true;
    const driver = row.driver_id ? desk.roster.drivers.get(row.driver_id) : undefined;
    const words = [row.ride_id, row.passenger_name, row.pickup_address, row.dropoff_address, driver?.driver_name, driver?.driver_phone, driver?.vehicle_registration];
    return words.some((word) => word?.toLowerCase().includes(wanted));
  }

  /** @param {readonly Unserved[]} waiting as `Desk.waiting` has them */
  function draw(waiting = desk.waiting()) {
    const now = desk.serverNow();
    unservedList.set(waiting);
    const wanted = find.value.trim().toLowerCase();
    // Who waits stands in the list above already, unless somebody looks for them.
    const withWaiting = wanted !== "" || state.value === "pending";
    /** @type {Unserved[]} */
    const rows = [];
    for (const row of desk.board.rides.values()) {
      if ((row.status === "pending" && !withWaiting) || !fits(row, wanted)) continue;
      rows.push({ id: row.ride_id, kind: kindOfRide(row, now, desk.alarm), ageS: 0, row, missed: null });
    }
    rows.sort((a, b) => a.kind - b.kind || compare(a.row?.requested_at ?? "", b.row?.requested_at ?? "") || compare(a.id, b.id));
    nowList.set(rows);
  }

  return {
    element, draw,
    focusFind: () => find.focus(),
    focusUnserved: () => unservedList.focus(0),
    /** @param {number} step */
    move: (step) => (unservedList.element.contains(document.activeElement) ? unservedList : nowList).move(step),
  };
}

/**
 * @param {Desk} desk
 * @param {{ label: string, empty: string, test: string }} options
 */
function rideList(desk, { label, empty, test }) {
  const { texts } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  const body = el("ul", { class: "ride-rows", "aria-label": label });
  const box = el("div", { class: "scroll", test }, body);
  const nothing = el("p", { class: "empty muted", hidden: true }, empty);
  const fresh = el("button", { type: "button", class: "chip new-rows", hidden: true, on: { click: () => take() } });
  const isUsed = useOf(box);
  /** @type {Map<string, Unserved>} */ let known = new Map();
  /** @type {readonly Unserved[]} */ let last = [];
  /** @type {string[]} */ let order = [];
  const rows = new Rows({ box, body, tag: "li", height: ROW_PX, key: (/** @type {Unserved} */ { id }) => id, draw: drawRow });
  const element = el("div", { class: `ride-list-box ${test}-box` }, fresh, nothing, box);

  /** @param {Unserved} item @param {HTMLElement | null} old */
  function drawRow(item, old) {
    const line = old ?? el("li", { class: "ride-row" }, el("button", { type: "button", test: "ride", on: { click: () => desk.send({ type: "ride", ride: item.id }) } }));
    const control = /** @type {HTMLElement} */ (line.firstElementChild);
    const { main, detail, time, word } = wordsOf(item);
    const written = `${item.kind} ${time} ${main} ${detail} ${word} ${last.includes(item)}`;
    control.toggleAttribute("aria-current", false);
    if (desk.state.ride === item.id) control.setAttribute("aria-current", "true");
    line.classList.toggle("gone", !last.includes(item));
    if (line.dataset.written === written) return line;
    line.dataset.written = written;
    fill(control, shape(item.kind, item.row?.status === "arrived"), el("span", { class: "hidden-text" }, `${word}, `), el("span", { class: "age tabular" }, time),
      el("span", { class: "where" }, said(main)), el("span", { class: "muted detail" }, said(detail)));
    return line;
  }

  /** @param {Unserved} item */
  function wordsOf({ kind, ageS: seconds, row, missed }) {
    if (missed !== null) {
      return { main: missed.address, detail: t(`status_${missed.status}`), time: texts.time(new Date(missed.at)), word: t("kind_needs") };
    }
    const ride = /** @type {RideRow} */ (row);
    const word = kind === NEEDS ? t("kind_needs") : t(`status_${ride.status}`);
    if (ride.status === "pending") {
      const n = ride.asked?.length ?? 0;
      const detail = n > 0 ? t("n_asked", { n }) : ride.round ? t("round_short", { n: ride.round }) : t("nobody_asked");
      return { main: ride.pickup_address, detail, time: texts.clock(Math.floor(seconds || ageS(ride, desk.serverNow()))), word };
    }
    if (ride.status === "scheduled") {
      return { main: ride.pickup_address, detail: t("status_scheduled"), time: ride.pickup_at ? texts.time(new Date(ride.pickup_at)) : "", word };
    }
    const address = ride.status === "in_progress" ? ride.dropoff_address : ride.pickup_address;
    return { main: address, detail: ride.driver_id ? desk.roster.name(ride.driver_id) : "", time: t(`short_${ride.status}`), word };
  }

  function take() {
    order = last.map(({ id }) => id);
    show(0);
  }

  /** @param {number} waiting */
  function show(waiting) {
    fresh.hidden = waiting === 0;
    if (waiting > 0) fill(fresh, t("n_new", { n: waiting }));
    nothing.hidden = order.length > 0 || !desk.board.isThere;
    rows.set(/** @type {Unserved[]} */ (order.map((id) => known.get(id)).filter((item) => item !== undefined)));
  }

  return {
    element,
    /** @param {readonly Unserved[]} wanted */
    set(wanted) {
      const next = settled(order, wanted.map(({ id }) => id), isUsed());
      const before = known;
      known = new Map(wanted.map((item) => [item.id, item]));
      for (const id of next.order) {
        const gone = before.get(id);
        if (!known.has(id) && gone !== undefined) known.set(id, gone);
      }
      last = wanted;
      order = next.order;
      show(next.waiting);
    },
    count: () => order.length,
    /** @param {number} at */
    focus: (at) => rows.focus(at),
    /** @param {number} step */
    move: (step) => rows.move(step),
  };
}

/** Times of one form and ids, in the order of their signs. @param {string} a @param {string} b */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
