/** Where to: pickup and drop-off by street, position or map, and when. */

import { backLeaves } from "../shell/back.js";
import { el, fill, said } from "../shell/dom.js";
import { button } from "../shell/form.js";
import { streetField } from "../map/street-field.js";
import { rideRow } from "./rides.js";
import { frame, write } from "./parts.js";
import { hasMap } from "./town.js";
import { aheadOf, daysAhead, momentAt, typedPoint, wallClock } from "./trips.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./state.js").Place} Place */
/** @typedef {"pickup" | "dropoff"} End */

const PATIENCE_MS = 12_000;
const ENDS = /** @type {const} */ (["pickup", "dropoff"]);

/**
 * @param {App} app
 * @returns {import("./app.js").View}
 */
export function whereView(app) {
  const { texts: t, announcer, streets, town } = app;
  const heading = el("h1", { tabindex: "-1" }, t.say("passenger.where_to"));
  const ahead = el("div", { class: "stack" });
  const onMap = hasMap(town);
  const missing = t.say(onMap ? "passenger.no_place" : "passenger.no_place_no_map");
  const hint = el("p", { class: "hint", hidden: true });
  const wrong = el("p", { class: "error", hidden: true });
  const near = el("p", { class: "muted", hidden: true, test: "cars-near" });
  const recents = el("div");
  /** @type {App["state"]["outside"]} */
  let toldOutside = null;
  const maps = { pickup: { test: "pickup-on-map" }, dropoff: { test: "dropoff-on-map" } };
  const names = { pickup: { test: "pickup" }, dropoff: { test: "dropoff" } };
  const labels = { pickup: t.say("passenger.from"), dropoff: t.say("passenger.to") };
  const fields = /** @type {Record<End, import("../map/street-field.js").StreetField>} */ ({});
  for (const end of ENDS) {
    fields[end] = streetField({
      id: `where-${end}`, label: labels[end], texts: t, streets, ready: streets.ready, announcer, ...names[end],
      onChosen: (place) => {
        app.fill({ [end]: place });
        if (place && end === "pickup" && !app.state.form.dropoff) fields.dropoff.focus();
      },
    });
    fields[end].set(app.state.form[end]);
  }

  const locate = button({ label: t.say("passenger.use_position"), kind: "plain", wide: false, test: "use-position", run: () => position() });
  const picks = ENDS.map((end) => {
    const made = button({ label: t.say("passenger.on_map"), kind: "plain", wide: false, ...maps[end], run: () => pick(end) });
    made.append(el("span", { class: "hidden-text" }, `: ${labels[end]}`));
    made.hidden = !onMap;
    return made;
  });

  const leavePick = button({ label: t.say("shell.back"), test: "leave-pick", run: () => picked() });
  leavePick.classList.add("leave-pick");
  const position = async () => {
    tell(t.say("passenger.position_why"));
    try {
      const found = await new Promise((resolve, reject) => {
        navigator.geolocation.getCurrentPosition(resolve, reject, { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 30_000 });
      });
      const spot = { lat: found.coords.latitude, lon: found.coords.longitude };
      take("pickup", { ...spot, name: streets.nearest(spot) ?? "" });
      tell(null);
      app.stage.locate(spot);
    } catch (error) {
      const denied = /** @type {any} */ (error)?.code === 1;
      tell(`${t.say(denied ? "passenger.position_off" : "passenger.position_none")} ${missing}`);
    }
  };
  const pick = (/** @type {End} */ end) => {
    tell(`${t.say(end === "pickup" ? "passenger.pickup_on_map" : "passenger.dropoff_on_map")}. ${t.say("passenger.move_map")}`);
    form.classList.add("picking");
    app.stage.pick((taken) => {
      take(end, taken);
      picked();
    });
    backLeaves(picked);
    leavePick.focus();
  };
  const picked = () => {
    backLeaves(null);
    app.stage.pick(null);
    form.classList.remove("picking");
    tell(null);
    go.focus();
  };
  const take = (/** @type {End} */ end, /** @type {Place} */ place) => {
    const named = { ...place, name: place.name || `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}` };
    fields[end].set(named);
    app.fill({ [end]: named });
  };
  const tell = (/** @type {string | null} */ text) => {
    hint.hidden = text === null;
    write(hint, text ?? "");
    if (text) announcer.say(text);
  };

  const when = whenChoice(app);
  const go = button({ label: t.say(town.has_tariff ? "passenger.see_price" : "passenger.go_on"), kind: "primary", type: "submit", test: "quote" });
  const submitted = (/** @type {Event} */ event) => {
    event.preventDefault();
    wrong.hidden = true;
    for (const end of ENDS) {
      const typed = fields[end].value ?? typedPoint(fields[end].input.value) ?? streets.find(fields[end].input.value, 1)[0] ?? null;
      if (typed === null) {
        fields[end].error(missing);
        announcer.call(missing);
        fields[end].focus();
        return;
      }
      if (typed !== app.state.form[end]) take(end, typed);
    }
    const pickupAt = when.moment();
    if (pickupAt === undefined) {
      fill(wrong, when.tooSoon());
      wrong.hidden = false;
      announcer.call(when.tooSoon());
      return;
    }
    app.actions.seePrice(pickupAt);
  };

  const parts = frame(
    "where",
    [
      heading, ahead,
      el("div", { class: "place" }, fields.pickup.element, el("div", { class: "place-tools" }, locate, picks[0])),
      el("div", { class: "place" }, fields.dropoff.element, el("div", { class: "place-tools" }, picks[1])),
      hint, near, recents, when.element, wrong,
    ],
    [go, leavePick],
  );
  const form = el("form", { novalidate: true, class: "view", on: { submit: submitted } });
  form.append(...parts.element.childNodes);
  form.dataset.view = "where";

  return {
    element: form,
    heading,
    update({ form, history, scheduled, outside, cars }) {
      near.hidden = cars === null;
      write(near, cars === null ? "" : t.say(cars.length > 0 ? "passenger.cars_near" : "passenger.no_car_near"));
      if (outside !== null && outside !== toldOutside) {
        fields[outside.end].error(outside.text);
        announcer.call(outside.text);
        fields[outside.end].focus();
      }
      toldOutside = outside;
      recents.hidden = form.dropoff !== null;
      drawRecents(recents, app, history, (place) => take("dropoff", place));
      const rides = scheduled.map((ride) => rideRow(ride, app));
      fill(ahead, rides.length > 0 && el("h2", {}, t.say("passenger.booked_rides")), ...rides);
      ahead.hidden = rides.length === 0;
    },
    stop: () => app.stage.pick(null),
  };
}

/**
 * @param {HTMLElement} box
 * @param {App} app
 * @param {(Place & { at: string })[]} places
 * @param {(place: Place) => void} take
 */
function drawRecents(box, { texts }, places, take) {
  if (box.dataset.of === JSON.stringify(places)) return;
  box.dataset.of = JSON.stringify(places);
  const rows = places.map(({ name, lat, lon, at }) => {
    const old = el("span", { class: "muted small" }, texts.dayOfMonth(new Date(at)));
    return el("li", {}, el("button", { type: "button", class: "recent", on: { click: () => take({ name, lat, lon }) } }, said(name), old));
  });
  fill(box, rows.length > 0 && el("h2", { class: "label" }, texts.say("passenger.recent")), rows.length > 0 && el("ul", { class: "list" }, ...rows));
}

/**
 * Now or later, by the clocks of the town.
 *
 * @param {App} app
 * @returns {{ element: HTMLElement, moment(): string | null | undefined, tooSoon(): string }} `moment`: when, null for now, undefined where that cannot be
 */
function whenChoice(app) {
  const { texts: t, town } = app;
  const form = app.state.form;
  const zone = town.time_zone;
  const named = new Intl.DateTimeFormat(t.locale, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
  const may = aheadOf(town);
  const days = daysAhead(new Date(app.client.session.serverNow()), zone, may?.days);
  const day = el("select", { id: "day", test: "day" });
  days.forEach((value, at) => {
    const label = at === 0 ? t.say("passenger.today") : named.format(new Date(`${value}T12:00:00Z`));
    day.append(el("option", { value, selected: value === form.day }, label));
  });
  const soon = wallClock(new Date(app.client.session.serverNow() + Math.max(60, may?.minutes ?? 0) * 60_000), zone);
  const time = el("input", { id: "time", type: "time", test: "time", value: form.time || soon.time });
  if (!form.day && soon.day !== days[0]) day.value = soon.day;
  const row = el(
    "div", { class: "when-row", hidden: !form.later },
    el("div", { class: "field" }, el("label", { for: "day" }, t.say("passenger.day")), day),
    el("div", { class: "field" }, el("label", { for: "time" }, t.say("passenger.time")), time),
  );
  const choose = (/** @type {boolean} */ later) => {
    row.hidden = !later;
    app.fill({ later });
  };
  const radio = (/** @type {boolean} */ later, /** @type {string} */ label, /** @type {{ test: string }} */ named) =>
    el("label", { class: "choice" }, el("input", { type: "radio", name: "when", ...named, checked: form.later === later, on: { change: () => choose(later) } }), label);
  const element = el(
    "fieldset", { class: "stack" },
    el("legend", { class: "hidden-text" }, t.say("passenger.when")),
    el("div", { class: "when" }, radio(false, t.say("passenger.now"), { test: "now" }), radio(true, t.say("passenger.later"), { test: "later" })),
    row,
  );
  element.hidden = may === null;
  return {
    element,
    moment() {
      if (may === null || !app.state.form.later) return null;
      app.fill({ day: day.value, time: time.value });
      if (!time.value) return undefined;
      const moment = momentAt(day.value, time.value, zone);
      const ahead = moment.getTime() - app.client.session.serverNow();
      return may === null || ahead < may.minutes * 60_000 || ahead > may.days * 86_400_000 ? undefined : moment.toISOString();
    },
    tooSoon: () => t.say("passenger.too_soon", { minutes: may?.minutes ?? 0, days: may?.days ?? 0 }),
  };
}

