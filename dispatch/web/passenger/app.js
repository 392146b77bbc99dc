/** The page of a passenger once somebody is there: what is kept, what a tap does, and which view is shown. */

import { Refused } from "../client/errors.js";
import { backLeaves } from "../shell/back.js";
import { el, fill } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { forget, keep, recall } from "../shell/keep.js";
import { openedPage } from "../shell/page.js";
import { endedView, receiptView } from "./ending.js";
import { driveView } from "./drive.js";
import { FreeCars } from "./free-cars.js";
import { helpDialog } from "./help.js";
import { loadMap, LazyStreets } from "./town.js";
import { frame } from "./parts.js";
import { quoteView } from "./quote.js";
import { forgetRide, RideLink } from "./ride-link.js";
import { ridesView } from "./rides.js";
import { scheduledView, searchingView } from "./searching.js";
import { declinedText, gaveBackText, lostText, newFareText, spoken } from "./speech.js";
import { Stage } from "./stage.js";
import { hasDriver, isOver, newRide, reduce, unknownRide, withoutClocks } from "./state.js";
import { bookingOf, offersOf, quoteAsked, recentPlaces, withoutTariff } from "./trips.js";
import { keepAwake } from "./wake.js";
import { whereView } from "./where.js";

/**
 * @typedef {import("./state.js").Ride} Ride
 * @typedef {import("./state.js").Place} Place
 * @typedef {import("./trips.js").Offer} Offer
 * @typedef {{
 *   pickup: Place | null, dropoff: Place | null, later: boolean, day: string, time: string, pickupAt: string | null,
 *   vehicleType: string | null, payment: "cash" | "card", note: string, changing: string | null, step: "where" | "quote",
 * }} Form `changing`: the booking ahead that is changed
 * @typedef {{ status: "asking" | "ready" | "failed", offers: Offer[], error: { text: string, code: string } | null, news: string | null }} Quote
 * @typedef {{ id: string, body: Record<string, any>, terms: import("./state.js").Terms, commandId: string }} Booking that has no answer yet
 * @typedef {{
 *   ride: Ride | null, booking: Booking | null, form: Form, quote: Quote, link: string, problem: string | null,
 *   outside: { end: "pickup" | "dropoff", text: string } | null, cars: { lat: number, lon: number }[] | null,
 *   rides: any[] | null, ridesAreOld: boolean, showsRides: boolean, history: (Place & { at: string })[], scheduled: any[],
 * }} State `outside`: an end of the trip where the town does not drive. `cars`: about where free ones are; null: nobody told
 * @typedef {{ element: HTMLElement, heading: HTMLElement, update(state: State): void, stop?(): void }} View
 * @typedef {ReturnType<typeof actionsOf>} Actions
 * @typedef {import("../shell/page.js").Page & {
 *   state: State, streets: any, stage: Stage, actions: Actions, fill(change: Partial<Form>): void,
 * }} App
 */

const EMPTY_FORM = /** @type {Form} */ ({
  pickup: null, dropoff: null, later: false, day: "", time: "", pickupAt: null, vehicleType: null, payment: "cash", note: "", changing: null, step: "where",
});
const NO_QUOTE = /** @type {Quote} */ ({ status: "asking", offers: [], error: null, news: null });
const VIEWS = {
  where: whereView, quote: quoteView, searching: searchingView, scheduled: scheduledView, coming: driveView, done: receiptView, ended: endedView,
  rides: ridesView, loading: loadingView,
};
const LIVE = ["pending", "accepted", "arrived", "in_progress"];
const RIDES_KEPT = 20;
const VIBRATION_MS = 200;

const page = await openedPage();
const { client, town, texts, announcer, bands, main, menu, person } = page;

/** @type {App} */
const app = Object.assign(page, {
  state: {
    ride: recall("ride"), booking: recall("booking"), form: { ...EMPTY_FORM, ...recall("form") }, quote: NO_QUOTE, link: "connecting", problem: null, outside: null, cars: null,
    rides: recall("rides"), ridesAreOld: false, showsRides: false, history: recentPlaces(recall("rides") ?? []), scheduled: [],
  },
  streets: new LazyStreets(),
  stage: new Stage(),
  fill: (/** @type {Partial<Form>} */ change) => set({ form: { ...app.state.form, ...change } }),
  actions: /** @type {any} */ (null),
});
app.actions = actionsOf();
const link = new RideLink(page, hear, (state) => set({ link: state }));
const cars = new FreeCars({ session: client.session, tell: (spots) => set({ cars: spots }) });
const mapBox = el("div", { class: "map-box" });
const sheet = el("div", { class: "sheet" });
/** @type {View | null} */
let view = null;
let viewName = "";

/** @param {Partial<State>} change */
function set(change) {
  app.state = { ...app.state, ...change };
  const { ride, form, booking } = app.state;
  if ("form" in change) keep("form", form);
  if ("ride" in change && ride !== null) keep("ride", withoutClocks(ride));
  if ("booking" in change) booking === null ? forget("booking") : keep("booking", booking);
  draw();
}

// -- what is shown

/** @param {State} state @returns {keyof typeof VIEWS} */
function viewOf({ ride, booking, form, showsRides }) {
  if (showsRides) return "rides";
  if (ride === null) return form.step;
  if (ride.phase === "sending") return booking === null ? "loading" : "quote";
  if (hasDriver(ride)) return "coming";
  return ride.phase === "nobody" ? "ended" : /** @type {keyof typeof VIEWS} */ (ride.phase);
}

function draw() {
  const state = app.state;
  const name = viewOf(state);
  if (name !== viewName || view === null) {
    const hadFocus = sheet.contains(document.activeElement) || (view !== null && document.activeElement === document.body);
    view?.stop?.();
    const next = VIEWS[name](app);
    [view, viewName] = [next, name];
    backLeaves(LEAVES[name] ?? null);
    fill(sheet, next.element);
    next.update(state);
    if (hadFocus && !sheet.contains(document.activeElement)) next.heading.focus();
  } else view.update(state);
  app.stage.draw(state);
  cars.near(town.free_cars && name === "where" ? carsNear(state) : null);
  drawBands(state);
  keepAwake(state.ride?.phase === "searching" || state.booking !== null);
}

/** How Back leaves a view that lies over another one. @type {Partial<Record<keyof typeof VIEWS, () => void>>} */
const LEAVES = {
  rides: () => app.actions.closeRides(),
  // Not while the booking is sent.
  quote: () => app.state.ride === null && app.actions.back(),
};

/** Where free cars are looked for: at the pickup, else at the phone, else in the middle of town. @param {State} state */
function carsNear({ form: { pickup } }) {
  const { bounds } = town;
  const middle = bounds ? { lat: (bounds.south + bounds.north) / 2, lon: (bounds.west + bounds.east) / 2 } : null;
  return pickup ?? app.stage.me ?? middle;
}

/** @param {State} state */
function drawBands({ ride }) {
  const show = (/** @type {string} */ name, /** @type {"warn" | "danger" | "info"} */ kind, /** @type {string | null} */ text) =>
    text === null ? bands.hide(name) : bands.show(name, { kind, text });
  show("lost", "warn", ride?.lost ? lostText(ride, texts) : null);
  show("gave-back", "info", ride?.gaveBack && ride.phase === "searching" ? gaveBackText(ride, texts) : null);
  show("fare", "info", ride?.newFare && !isOver(ride) ? newFareText(ride, texts) : null);
  const declined = ride?.receipt?.payment === "declined" ? declinedText(ride, ride.receipt.fare, ride.terms.currency, texts) : null;
  show("payment", "danger", declined);
}

/** @param {App} app @returns {View} */
function loadingView({ texts: t }) {
  const heading = el("h1", { tabindex: "-1" }, t.say("shell.loading"));
  return { element: frame("loading", [heading], []).element, heading, update() {} };
}

// -- what the server says

/** @param {import("../client/types").ToPassenger} message */
function hear(message) {
  const before = app.state.ride;
  if (before === null) return;
  if (message.type === "error") return void unasked(message);
  const ride = reduce(before, message, { now: performance.now() - link.delayMs, wall: client.session.serverNow() });
  if (ride === before) return;
  const told = spoken(before, ride, message, texts);
  if (told !== null) told.urgent ? announcer.call(told.text) : announcer.say(told.text);
  if (message.type === "driver_assigned" && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(VIBRATION_MS);
  set({ ride, ...(ride.phase === "sending" ? {} : { booking: null }) });
}

/** An error that answers no command: the ride that this page kept is not there any more. @param {import("../client/types").Refused} error */
function unasked(error) {
  if (error.code === "no_such_ride" && app.state.booking === null) app.actions.leave();
}

// -- what a tap does

function actionsOf() {
  return {
    /** @param {string | null} pickupAt */
    seePrice(pickupAt) {
      set({ form: { ...app.state.form, pickupAt, step: "quote" }, quote: NO_QUOTE, outside: null });
      return this.askPrice();
    },

    /** Asks for the price, where the server sets one. @param {{ text: string, code: string } | null} [error] why it is asked for anew */
    async askPrice(error = null) {
      const { pickup, dropoff, pickupAt } = app.state.form;
      if (pickup === null || dropoff === null) return set({ form: { ...app.state.form, step: "where" } });
      if (!town.has_tariff) return set({ quote: { status: "ready", offers: withoutTariff(pickup, dropoff, town.vehicle_types), error, news: null } });
      const before = app.state.quote.offers;
      set({ quote: { ...app.state.quote, status: "asking", error } });
      try {
        const offers = await offersFor({ pickup, dropoff, pickupAt });
        set({ quote: { status: "ready", offers, error, news: error === null ? changeOf(before, offers) : null } });
      } catch (failure) {
        if (liesOutside(failure)) return;
        const text = errorText(failure, texts);
        announcer.call(text);
        set({ quote: { status: "failed", offers: [], error: { text, code: failure instanceof Refused ? failure.code : "no_answer" }, news: null } });
      }
    },

    priceEnded() {
      if (app.state.ride === null && app.state.form.step === "quote") void this.askPrice();
    },

    back() {
      set({ form: { ...app.state.form, step: "where" } });
    },

    book() {
      const { form, quote } = app.state;
      const offer = chosenOffer();
      if (form.pickup === null || form.dropoff === null || offer === undefined) return;
      const trip = { pickup: form.pickup, dropoff: form.dropoff, pickupAt: form.pickupAt };
      const guest = person.guest ? { name: person.name, phone: person.phone } : null;
      const vehicleType = offer.vehicleType;
      const body = bookingOf(trip, offer, { payment: form.payment, note: form.note, vehicleType }, guest);
      const fare = offer.fare ?? 0;
      const currency = offer.currency ?? town.currency ?? null;
      const terms = { ...trip, fare, currency, byAgreement: offer.fare === null, payment: form.payment, vehicleType, note: form.note };
      const booking = { id: form.changing ?? crypto.randomUUID(), body, terms, commandId: crypto.randomUUID() };
      set({ ride: newRide(booking.id, terms), booking, problem: null, quote: { ...quote, error: null, news: null } });
      announcer.say(texts.say("passenger.booking"));
      link.open(booking.id);
      void sendBooking(booking);
    },

    /** Takes the booking back that has not been sent. */
    takeBack() {
      const { booking } = app.state;
      if (booking !== null) link.withdraw(booking.commandId);
    },

    async cancel() {
      const { ride } = app.state;
      if (ride === null) return;
      cancelId = crypto.randomUUID();
      set({ ride: { ...ride, cancelling: true }, problem: null });
      try {
        await link.send("cancel_ride", {}, cancelId);
      } catch (error) {
        const problem = error instanceof Refused ? errorText(error, texts) : null;
        if (problem !== null) announcer.call(problem);
        if (app.state.ride !== null) set({ ride: { ...app.state.ride, cancelling: false }, problem });
      }
    },

    withdrawCancel() {
      link.withdraw(cancelId);
    },

    /**
     * @param {number} rating
     * @param {string} comment
     * @returns {Promise<string | null>} why it was not kept, in words
     */
    async rate(rating, comment) {
      try {
        await link.send("rate_driver", { rating, ...(comment ? { comment } : {}) });
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== "illegal_now") return errorText(error, texts);
        return texts.say("passenger.rated_before");
      }
      if (app.state.ride !== null) set({ ride: { ...app.state.ride, rated: true } });
      return null;
    },

    /** Goes back to the beginning; a ride that is not over goes on without this page. */
    leave() {
      link.close();
      forgetRide();
      set({ ride: null, booking: null, problem: null, form: { ...EMPTY_FORM, vehicleType: app.state.form.vehicleType, payment: app.state.form.payment } });
      void loadRides();
    },

    /** Books the same trip again, at once if the price is the same. */
    async searchAgain() {
      const old = app.state.ride?.terms;
      if (old === undefined) return;
      link.close();
      forgetRide();
      const { pickup, dropoff, payment, note, vehicleType, fare } = old;
      set({ ride: null, booking: null, quote: NO_QUOTE, form: { ...EMPTY_FORM, pickup, dropoff, payment, note, vehicleType, step: "quote" } });
      await this.askPrice();
      const offer = chosenOffer();
      if (offer === undefined) return;
      if (offer.fare === null || offer.fare === fare) return this.book();
      const news = texts.say("passenger.price_changed", { money: texts.money(offer.fare, offer.currency) });
      announcer.call(news);
      set({ quote: { ...app.state.quote, news } });
    },

    bookLater() {
      const terms = app.state.ride?.terms;
      this.leave();
      app.fill({ pickup: terms?.pickup ?? null, dropoff: terms?.dropoff ?? null, later: true });
      redraw();
    },

    /** Changes a booking ahead: the same ride with other terms. */
    change() {
      const { ride } = app.state;
      if (ride === null) return;
      const { pickup, dropoff, payment, note, vehicleType } = ride.terms;
      this.leave();
      app.fill({ pickup, dropoff, payment, note, vehicleType, later: true, changing: ride.id });
      redraw();
    },

    /** @param {string} rideId */
    open(rideId) {
      set({ ride: unknownRide(rideId), booking: null, problem: null, showsRides: false });
      link.open(rideId);
    },

    closeRides() {
      set({ showsRides: false });
    },

    help() {
      helpDialog(app);
    },
  };
}

/** Goes back to where the trip was said, if an end of it lies where the town does not drive. @param {unknown} error @returns {boolean} whether it does */
function liesOutside(error) {
  if (!(error instanceof Refused) || error.code !== "outside_area") return false;
  const end = String(error.field).startsWith("dropoff") ? "dropoff" : "pickup";
  const place = app.state.form[end];
  const street = place === null ? null : app.streets.nearest(place);
  const text = street === null ? errorText(error, texts) : texts.say("passenger.outside", { street });
  set({ form: { ...app.state.form, step: "where" }, outside: { end, text } });
  return true;
}

let cancelId = "";

/** Makes the view anew, where its fields show what has changed elsewhere. */
function redraw() {
  viewName = "";
  draw();
}

function chosenOffer() {
  const { quote, form } = app.state;
  return quote.offers.find((offer) => offer.vehicleType === form.vehicleType) ?? quote.offers[0];
}

/**
 * Prices for every type of vehicle. A type without rates of its own is asked for by name, because a price is promised for one type.
 *
 * @param {{ pickup: Place, dropoff: Place, pickupAt: string | null }} trip
 * @returns {Promise<Offer[]>}
 */
async function offersFor(trip) {
  const ask = async (/** @type {string | null} */ vehicleType) => {
    const answer = await client.quote(quoteAsked({ ...trip, vehicleType, phone: person.guest ? (person.phone ?? null) : null }));
    return offersOf(answer, performance.now());
  };
  const first = await ask(null);
  const known = new Set(first.map((offer) => offer.vehicleType));
  const others = await Promise.all(town.vehicle_types.filter((type) => !known.has(type)).map(ask));
  const [any, ...types] = first;
  return [any, ...[...types, ...others.map(([offer]) => offer)].sort((one, other) => (one.fare ?? 0) - (other.fare ?? 0))];
}

/** What to say of a price that was asked for again. @param {Offer[]} before @param {Offer[]} offers */
function changeOf(before, offers) {
  const type = app.state.form.vehicleType;
  const one = (/** @type {Offer[]} */ list) => list.find((offer) => offer.vehicleType === type) ?? list[0];
  const [old, now] = [one(before), one(offers)];
  if (old === undefined || now === undefined || old.fare === now.fare || now.fare === null) return null;
  const news = texts.say("passenger.price_changed", { money: texts.money(now.fare, now.currency) });
  announcer.call(news);
  return news;
}

/** @param {Booking} booking */
async function sendBooking(booking) {
  try {
    await link.send("find_driver", booking.body, booking.commandId);
    set({ booking: null, form: { ...app.state.form, changing: null, step: "where" } });
  } catch (error) {
    if (app.state.booking?.commandId === booking.commandId) await notBooked(error, booking);
  }
}

/** @param {unknown} error @param {Booking} booking */
async function notBooked(error, booking) {
  link.close();
  forgetRide();
  set({ ride: null, booking: null });
  if (!(error instanceof Refused)) return;
  if (liesOutside(error) || (error.code === "illegal_now" && (await openRide()))) return;
  if (error.code !== "quote_expired") {
    const text = errorText(error, texts);
    announcer.call(text);
    return set({ quote: { ...app.state.quote, error: { text, code: error.code } } });
  }
  const held = app.state.quote.offers.find((offer) => offer.quoteId === booking.body.quote_id)?.expiresAt;
  await app.actions.askPrice({ text: "", code: error.code });
  const offer = chosenOffer();
  if (offer === undefined || offer.fare === null) return;
  const places = { time: texts.time(new Date(held ?? client.session.serverNow())), money: texts.money(offer.fare, offer.currency) };
  const text = errorText(error, texts, places);
  announcer.call(text);
  set({ quote: { ...app.state.quote, error: { text, code: error.code } } });
}

// -- rides of before

/** Shows the ride that this passenger is on, wherever it was booked. Returns whether there is one. */
async function openRide() {
  if (person.guest) return false;
  const rides = await loadRides();
  const open = rides?.find((ride) => LIVE.includes(ride.status));
  if (open === undefined) return false;
  app.actions.open(open.ride_id);
  return true;
}

/** @returns {Promise<any[] | null>} the last rides; null without a link or a login */
async function loadRides() {
  if (person.guest) return null;
  try {
    const { rides } = await client.session.request("GET", "/api/me/rides", { query: { limit: RIDES_KEPT } });
    keep("rides", rides);
    const scheduled = rides.filter((/** @type {any} */ ride) => ride.status === "scheduled");
    set({ rides, ridesAreOld: false, history: recentPlaces(rides), scheduled });
    return rides;
  } catch {
    set({ ridesAreOld: true });
    return null;
  }
}

if (!person.guest) {
  const showRides = () => {
    set({ showsRides: true });
    void loadRides();
  };
  menu.add({ label: texts.say("passenger.rides"), test: "rides", run: showRides });
}
menu.add({ label: texts.say("passenger.help"), test: "menu-help", run: () => helpDialog(app) });

// -- the beginning

main.classList.add("passenger");
fill(main, mapBox, sheet);
draw();
if (app.state.booking !== null) {
  const booking = app.state.booking;
  set({ ride: newRide(booking.id, booking.terms) });
  link.open(booking.id);
  void sendBooking(booking);
} else if (app.state.ride !== null) link.open(app.state.ride.id, recall("heard"));
else if (!(await openRide()) && app.state.form.step === "quote") void app.actions.askPrice();
requestIdleCallback?.(() => loadMap(app, mapBox)) ?? setTimeout(() => loadMap(app, mapBox));
