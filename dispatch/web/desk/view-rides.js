/** All rides of the file, by state and by what is looked for, the newest first. */

import { code, el, said } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { button } from "../shell/form.js";
import { isOver, kindOfRide, OFF, OFFERED } from "./board.js";
import { shapeAndWord } from "./shapes.js";
import { searches } from "./find-field.js";
import { listedAgain } from "./state.js";
import { makeTable } from "./table.js";

const PAGE = 50;
/** Rides in one answer at most. */
const MOST = 200;
const TYPED_MS = 250;
const AGAIN_MS = 2_000;
const STATES = ["open", "all", "pending", "scheduled", "accepted", "arrived", "in_progress", "completed", "cancelled", "no_drivers", "no_show"];

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {import("./ride-panel.js").Ride} Ride */

/** @param {Desk} desk */
export function ridesView(desk) {
  const { texts } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  /** @type {Ride[]} */ let rides = [];
  /** @type {string | null} */ let next = null;
  let asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;

  const state = el("select", { id: "rides-state" }, ...STATES.map((one) => el("option", { value: one }, t(one === "open" || one === "all" ? `state_${one}` : `status_${one}`))));
  const find = el("input", { id: "rides-find", type: "search", placeholder: t("find_hint"), autocomplete: "off" });
  const more = button({ label: t("more"), wide: false, run: () => read(next) });
  const wrong = el("p", { class: "error", hidden: true });
  const table = makeTable({
    label: t("view_rides"), rowTest: "ride", empty: t("loading"),
    key: (/** @type {Ride} */ ride) => ride.ride_id,
    isChosen: (ride) => ride.ride_id === desk.state.ride,
    open: (ride) => {
      desk.send({ type: "ride", ride: ride.ride_id });
      desk.panel.focus();
    },
    columns: [
      { id: "id", label: t("ride"), cell: (ride) => code(ride.ride_id.slice(0, 6)) },
      { id: "status", label: t("state"), cell: (ride) => shapeAndWord(kindOf(ride), t(`status_${ride.status}`), ride.status === "arrived"), sort: (ride) => ride.status },
      { id: "asked", label: t("asked_at"), cell: (ride) => texts.dayAndTime(new Date(ride.requested_at)), sort: (ride) => ride.requested_at },
      { id: "passenger", label: t("passenger"), cell: (ride) => said(ride.passenger_name ?? ""), sort: (ride) => ride.passenger_name ?? "" },
      { id: "from", label: t("from"), cell: (ride) => said(ride.pickup_address) },
      { id: "to", label: t("to"), cell: (ride) => said(ride.dropoff_address) },
      { id: "driver", label: t("driver"), cell: (ride) => said(ride.driver_name ?? ""), sort: (ride) => ride.driver_name ?? "" },
      { id: "fare", label: t("fare"), isNumber: true, cell: (ride) => (ride.fare ? code(texts.money(ride.fare, ride.currency), "money") : "–"), sort: (ride) => ride.fare },
    ],
  });
  const element = el("section", { class: "view", test: "rides-view", "aria-labelledby": "rides-title" },
    el("div", { class: "view-head" }, el("h2", { id: "rides-title" }, t("view_rides")),
      el("div", { class: "field inline" }, el("label", { for: "rides-state" }, t("state")), state),
      el("div", { class: "field inline" }, el("label", { for: "rides-find" }, t("find")), find)),
    wrong, table.element, more);

  /** @param {Ride} ride */
  function kindOf(ride) {
    const row = desk.board.rides.get(ride.ride_id);
    if (row) return kindOfRide(row, desk.serverNow(), desk.alarm);
    return isOver(ride.status) ? OFF : OFFERED;
  }

  /** @param {string | null} [cursor] behind which the next page begins @param {boolean} [isSame] the list is the same, and something in it has changed */
  async function read(cursor = null, isSame = false) {
    const mine = (asked += 1);
    clearTimeout(timer);
    timer = undefined;
    try {
      // What was fetched by "more" stays when a ride changes: as many are read again as one answer can have.
      const limit = isSame ? Math.min(MOST, Math.max(PAGE, rides.length)) : PAGE;
      const query = { state: state.value, find: find.value.trim() || undefined, limit, cursor: cursor ?? undefined };
      const page = await desk.session.request("GET", "/api/rides", { query });
      if (mine !== asked) return;
      const before = isSame && page.next !== null ? listedAgain(rides, page.rides) : page.rides;
      next = before.length > page.rides.length ? next : page.next;
      rides = cursor === null ? before : [...rides, ...page.rides];
      if (cursor !== null) next = page.next;
      wrong.hidden = true;
    } catch (error) {
      if (mine !== asked) return;
      wrong.hidden = false;
      wrong.textContent = errorText(error, texts);
    }
    more.hidden = next === null;
    table.sayEmpty(t(find.value.trim() ? "nothing_found" : "no_rides"));
    table.set(rides);
  }

  more.hidden = true;
  state.addEventListener("change", () => void read());
  const typed = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void read(), TYPED_MS);
  };
  searches(find, { changed: typed, leave: () => desk.leaveField() });

  return {
    element,
    show: () => void read(),
    /** A ride has changed. */
    heard: () => {
      timer ??= setTimeout(() => void read(null, true), AGAIN_MS);
    },
    draw: () => table.draw(),
    move: table.move,
    /** @param {string} [text] */
    find(text) {
      if (text !== undefined) {
        find.value = text;
        state.value = "all";
        void read();
      }
      find.focus();
    },
  };
}
