/** The panel of one ride: what it is, what may be done with it, what has happened, and why. */

import { code, el, fill, said } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { button } from "../shell/form.js";
import { ageS, isOver, kindOfRide } from "./board.js";
import { assignPart, closePart, editPart, farePart, reassignPart } from "./ride-parts.js";
import { keyCap, shape } from "./shapes.js";
import { actionsFor } from "./state.js";
import { timelineOf } from "./timeline.js";
import { whyPart } from "./why.js";

const AGAIN_MS = 400;

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {Record<string, any> & { ride_id: string, status: string }} Ride as `GET /api/rides/<ride_id>` tells it */
/** @typedef {import("./state.js").Part} Part */

/** @param {Desk} desk */
export function ridePanel(desk) {
  const { texts, person } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  /** @type {Ride | null} */ let ride = null;
  /** @type {string | null} */ let shownId = null;
  /** @type {Part | null} */ let shownPart = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  let isReading = false;
  let namesOf = -1;

  const title = el("h2", { tabindex: "-1", id: "ride-title" });
  const since = el("span", { class: "tabular age" });
  const close = button({ label: t("back"), wide: false, kind: "plain", run: () => desk.back() });
  close.append(keyCap("Esc"));
  const head = el("div", { class: "panel-head" }, title, since, close);
  const facts = el("div", { class: "facts stack" });
  const actions = el("div", { class: "actions row" });
  const part = el("div", { class: "part" });
  const note = el("div", { class: "note" });
  const timeline = el("ol", { class: "timeline" });
  const wrong = el("p", { class: "error", hidden: true });
  const whyBox = el("section", { test: "why", class: "why", "aria-label": t("why") });
  const element = el("aside", { class: "panel", test: "ride-panel", "aria-labelledby": "ride-title", hidden: true },
    head, wrong, facts, actions, part, note, el("h3", {}, t("timeline")), timeline, whyBox);

  async function read() {
    const id = shownId;
    if (id === null || isReading) return;
    isReading = true;
    try {
      const told = await desk.session.request("GET", `/api/rides/${encodeURIComponent(id)}`);
      if (id !== shownId) return;
      ride = told;
      wrong.hidden = true;
      drawRide();
      leaveVoid();
    } catch (error) {
      wrong.hidden = false;
      fill(wrong, errorText(error, texts));
    } finally {
      isReading = false;
      if (id !== shownId) void read();
    }
  }

  /** A form that the ride does not allow any more is closed, and that is said. */
  function leaveVoid() {
    if (shownPart !== desk.state.part || may(desk.state.part)) return;
    desk.send({ type: "part", part: "ride" });
    desk.tell(t("part_over"));
  }

  function readSoon() {
    clearTimeout(timer);
    timer = setTimeout(() => void read(), AGAIN_MS);
  }

  function drawHead() {
    if (ride === null) return fill(title, t("loading"));
    const row = desk.board.rides.get(ride.ride_id);
    const kind = row ? kindOfRide(row, desk.serverNow(), desk.alarm) : isOver(ride.status) ? 5 : 1;
    fill(title, t("ride"), " ", code(ride.ride_id.slice(0, 6)), " ", shape(kind, ride.status === "arrived"), el("span", { class: "word" }, t(`status_${ride.status}`)));
  }

  function drawAge() {
    const row = shownId === null ? undefined : desk.board.rides.get(shownId);
    fill(since, row?.status === "pending" ? texts.clock(Math.floor(ageS(row, desk.serverNow()))) : null);
  }

  function drawRide() {
    if (ride === null) return;
    drawHead();
    drawAge();
    const { passenger_name, passenger_phone, driver_name, driver_phone, vehicle_registration, vehicle_type } = ride;
    fill(facts,
      el("p", { class: "way" }, said(ride.pickup_address), el("span", { class: "arrow", "aria-label": t("to") }, " → "), said(ride.dropoff_address)),
      el("p", {}, moneyOf(ride), " · ", t(`pay_${ride.payment_method === "card" ? "card" : "cash"}`), ride.pickup_at ? ` · ${t("picked_up_at", { time: texts.dayAndTime(new Date(ride.pickup_at)) })}` : null),
      el("p", { class: "spread" }, el("span", {}, said(passenger_name ?? t("nobody_named")), " ", passenger_phone ? code(`+${passenger_phone}`) : null), callLink(passenger_phone)),
      driver_name ? el("p", { class: "spread" }, el("span", {}, said(driver_name), " ", code(vehicle_registration ?? ""), " ", vehicle_type ? said(vehicle_type) : null), callLink(driver_phone)) : null);
    drawActions();
    const may = actionsFor(ride, person);
    fill(note, ride.note ? el("p", {}, t("note_is", { note: ride.note })) : null,
      may.has("note") ? button({ label: may.has("places") ? t("edit") : t("edit_note"), wide: false, run: () => desk.send({ type: "part", part: "edit" }) }) : null);
    drawTimeline();
    if (shownPart === "why") whyPart(desk, whyBox, ride);
  }

  function drawTimeline() {
    namesOf = desk.roster.version;
    fill(timeline, ...timelineOf(ride?.timeline ?? [], texts, (id) => desk.roster.name(id), ride?.currency).map((line) => el("li", { class: line.isIndented ? "indented" : null },
      el("time", { class: "tabular muted", datetime: line.at }, texts.timeWithSeconds(new Date(line.at))), " ", el("span", {}, line.text))));
  }

  /** Called often: the age of a search, and names that have come meanwhile. */
  function tick() {
    drawAge();
    if (ride !== null && namesOf !== desk.roster.version) drawTimeline();
  }

  /** @param {Ride} told */
  function moneyOf(told) {
    if (told.fare_by_agreement && !told.fare) return t("by_agreement");
    return el("strong", { class: "money", dir: "ltr" }, texts.money(told.fare, told.currency ?? desk.page.town.currency));
  }

  /** @param {string | null | undefined} phone */
  function callLink(phone) {
    return phone && /^\d+$/.test(phone) ? el("a", { class: "button call", href: `tel:+${phone}` }, t("call")) : null;
  }

  function drawActions() {
    if (ride === null) return;
    const may = actionsFor(ride, person);
    const had = /** @type {HTMLElement | null} */ (document.activeElement);
    const focused = had && actions.contains(had) ? had.dataset.test : null;
    const opens = (/** @type {Part} */ target) => () => desk.send({ type: "part", part: target });
    fill(actions,
      may.has("assign") && withKey(button({ label: t("assign"), wide: false, test: "assign", run: opens("assign") }), "A", "assign"),
      may.has("reassign") && withKey(button({ label: t("reassign"), wide: false, test: "reassign", run: opens("reassign") }), "E", "reassign"),
      may.has("close") && withKey(button({ label: t("close_ride"), kind: "danger", wide: false, test: "close", run: opens("close") }), "X", "close"),
      may.has("fare") && withKey(button({ label: t("fare"), wide: false, test: "fare", run: opens("fare") }), "", "fare"),
      may.has("again") ? button({ label: t("book_again"), wide: false, kind: "primary", test: "book-again", run: () => desk.booking.again(/** @type {Ride} */ (ride)) }) : null,
      withKey(button({ label: t("why"), wide: false, test: "why-button", run: () => desk.send({ type: "part", part: shownPart === "why" ? "ride" : "why" }) }), "W", "why"));
    if (focused) /** @type {HTMLElement | null} */ (actions.querySelector(`[data-test="${focused}"]`))?.focus();
  }

  /** @param {HTMLButtonElement} made @param {string} key @param {Part} target what it opens */
  function withKey(made, key, target) {
    if (key) made.append(keyCap(key));
    made.setAttribute("aria-expanded", String(shownPart === target));
    return made;
  }

  /** @param {Ride} [now] */
  function changed(now) {
    if (now === undefined) return void read();
    ride = now;
    drawRide();
  }

  /** @param {Part} wanted */
  function drawPart(wanted) {
    shownPart = wanted;
    fill(part);
    whyBox.hidden = wanted !== "why";
    if (ride === null) return;
    const parts = { assign: assignPart, reassign: reassignPart, close: closePart, edit: editPart, fare: farePart };
    // The timeline above it may be long.
    if (wanted === "why") void whyPart(desk, whyBox, ride).then(() => whyBox.scrollIntoView());
    else if (wanted !== "ride" && may(wanted)) parts[wanted](desk, part, ride, changed);
    drawActions();
  }

  /** Whether the panel can show this now. @param {Part} wanted */
  function may(wanted) {
    if (ride === null || !desk.state.isOpen) return false;
    if (wanted === "ride" || wanted === "why") return true;
    return actionsFor(ride, person).has(wanted === "edit" ? "note" : wanted);
  }

  return {
    element, may,
    /** The panel as the state has it. */
    async show() {
      const { ride: id, part: wanted, wide, isOpen } = desk.state;
      element.hidden = !isOpen;
      element.classList.toggle("wide", wide);
      if (id !== shownId) {
        shownId = id;
        ride = null;
        shownPart = null;
        for (const box of [facts, actions, part, note, timeline, whyBox, since]) fill(box);
        wrong.hidden = true;
        drawHead();
        await read();
        if (id !== shownId) return;
      }
      if (id !== null && ride !== null && shownPart !== desk.state.part) drawPart(desk.state.part);
      else if (wanted === "why") drawActions();
    },
    /** A row of this ride came. @param {string} id */
    heard(id) {
      if (id === shownId) readSoon();
    },
    tick,
    focus: () => title.focus(),
    get ride() {
      return ride;
    },
  };
}
