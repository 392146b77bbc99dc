/**
 * What a driver's page knows, and how each message changes it. Pure: the same messages make the same page, in a browser and in a test.
 *
 * A message is one of the wire, or one of the page's own, whose types begin with `page:`. The server decides: a tap is remembered as
 * sent, and only the server's message changes the ride.
 */

import { Countdown } from "../client/countdown.js";
import { GUARD_MS, GUARD_ONLINE_MS } from "./guard.js";

/** Milliseconds: how long the word on a closed request stands; without link until a request counts as gone to others; with no word after the last moment until the server is asked. */
export const CLOSED_SHOWN_MS = 4_000;
export const LINK_LOST_MS = 12_000;
const SILENT_AFTER_MS = 5_000;
/** Milliseconds on an open link after which a server that told nothing has nothing to tell. */
const SETTLED_AFTER_MS = 1_500;
const LAST_REQUESTS = 10;
/** In which states of a ride a step makes sense. */
const POSSIBLE = {
  arrived: ["accepted"],
  start_ride: ["accepted", "arrived"],
  complete_ride: ["in_progress"],
  no_show: ["arrived"],
  cancel_ride: ["accepted"],
};
const HELD_BACK = ["suspended", "document_ended"];

/**
 * @typedef {keyof typeof POSSIBLE} Step
 * @typedef {import("../client/types").RideRequest} RideRequest
 * @typedef {import("../client/types").CurrentRide} CurrentRide
 * @typedef {{ now: () => number, wall: () => number, roundTripMs: number | null }} Clock milliseconds: `now` only grows, `wall` outlives a reload
 * @typedef {{ since: number | null, freeEndsAt: number, free: Countdown | null, perMinute: number, noShow: Countdown | null, noShowFee: number }} Waiting
 *   `since`: when the driver arrived, null where that is not known here; `freeEndsAt`: when waiting began to cost. Both on `now`
 * @typedef {{ ride_id: string, at: number, freeMs: number }} Waited when waiting began on the phone's own clock, which a reload does not stop
 * @typedef {Omit<RideRequest, "type" | "seq" | "epoch"> & {
 *   left: Countdown, silence: Countdown, ttlMs: number, shownAt: number | null, guardMs: number, unsure: boolean,
 *   answer: { kind: "accept" | "decline", id: string } | null, problem: Problem | null }} Offer
 *   `shownAt`: since when the dialog shows it. `unsure`: the phone may have slept, what is left is not known
 * @typedef {CurrentRide & { since: number, unsure: boolean, waiting: Waiting | null, warning: string | null,
 *   pin: { triesLeft: number | null, locked: Countdown | null } | null }} Ride
 *   `since`: when this step of the ride was first shown. `pin`: the last one was wrong
 * @typedef {{ ride_id: string, name: string, fare: number, currency: string | null, byAgreement: boolean, breakdown: Record<string, number> | null,
 *   payment: string, rating: "open" | "sending" | "done" }} Done `payment`: `cash`, `pending`, `paid` or `declined`
 * @typedef {{ error: Refusal, retry: Countdown | null }} Problem
 * @typedef {{ step: Step, rideId: string, id: string, since: number }} Sent
 * @typedef {{ offer_id: string, reason: string, pickup: string, fare: number, currency: string | null, byAgreement: boolean }} LastRequest
 * @typedef {{ what: "cancelled", by: string, reason: string, fee: number, currency: string | null, name: string }
 *   | { what: "fare", fare: number, currency: string | null, reason: string } | { what: "note", note: string } | { what: "gone" }} News
 * @typedef {{ rides: number, fares: number, cash: number, card: number, fees: number, online_s?: number, currency: string | null, at: Date }} Takings
 *
 * @typedef {object} State
 * @property {boolean} settled whether the server has said how things stand
 * @property {boolean} online whether this driver wants requests
 * @property {boolean} tellOff the server believes that the driver wants requests, and nobody said so here: it must be told
 * @property {boolean} doubted the driver wants requests, and the server says that there are none: by their own word, or, as is said next, by their file
 * @property {number} onlineAt when that was last switched on
 * @property {{ state: string, why: string | null, since: number, lostAt: number | null }} link
 * @property {{ reason: string, document: string | null } | null} heldBack
 * @property {{ document: string, endsAt: Date }[]} ending documents that end soon
 * @property {Offer[]} offers the first of them is shown
 * @property {{ reason: string, at: number } | null} closed the request that was closed just now
 * @property {LastRequest[]} last the newest first
 * @property {Ride | null} ride
 * @property {Waited | null} waited
 * @property {Sent | null} sent the step that waits for its answer
 * @property {Record<string, Problem>} problems by the step that was refused
 * @property {Done | null} done the ride that was just completed
 * @property {News | null} news
 * @property {Takings | null} takings
 */

/**
 * Where a page begins. `kept`: what an earlier page of this tab has kept.
 *
 * @param {{ online?: boolean, done?: Done | null, waited?: Waited | null }} [kept]
 * @returns {State}
 */
export function begin(kept = {}) {
  return {
    settled: false,
    online: kept.online ?? false,
    tellOff: false,
    doubted: false,
    onlineAt: -Infinity,
    link: { state: "connecting", why: null, since: 0, lostAt: null },
    heldBack: null,
    ending: [],
    offers: [],
    closed: null,
    last: [],
    ride: null,
    waited: kept.waited ?? null,
    sent: null,
    problems: {},
    done: kept.done ?? null,
    news: null,
    takings: null,
  };
}

/** What of a state outlives a reload of this tab. @param {State} state */
export function toKeep({ online, done, waited }) {
  return { online, done, waited };
}

/**
 * What the page knows after this message. Messages that it does not know change nothing.
 *
 * @param {State} state
 * @param {Record<string, any> & { type: string }} message
 * @param {Clock} clock
 * @returns {State}
 */
export function reduce(state, message, clock) {
  const change = CHANGES[/** @type {keyof typeof CHANGES} */ (message.type)];
  if (change === undefined) return state;
  const changed = { ...state, .../** @type {(state: State, message: any, clock: Clock) => Partial<State>} */ (change)(state, message, clock) };
  return showFirst(dropVoid(changed), clock);
}

/** Which screen this state is. @param {State} state */
export function screenOf({ link, settled, ride, done, online }) {
  if (link.state === "closed" && link.why !== "left") return link.why === "replaced" ? "replaced" : "ended";
  if (!settled && ride === null && done === null) return "loading";
  if (ride !== null) return { accepted: "pickup", arrived: "arrived", in_progress: "trip" }[ride.status] ?? "pickup";
  if (done !== null) return "done";
  return online ? "waiting" : "offline";
}

/** Whether a step makes sense in the state in which the ride is. @param {Step} step @param {Ride | null} ride @param {string} rideId */
export function isPossible(step, ride, rideId) {
  return ride !== null && ride.ride_id === rideId && POSSIBLE[step].includes(ride.status);
}

/** Each message, and what it changes. */
const CHANGES = {
  /** @param {State} state @param {RideRequest} message @param {Clock} clock */
  ride_request: (state, message, clock) => ({ settled: true, offers: withOffer(state, message, clock) }),

  /** @param {State} state @param {{ offer_id: string, reason: string }} message @param {Clock} clock */
  offer_closed: (state, { offer_id, reason }, clock) => closeOffer(state, offer_id, reason, clock),

  /** @param {State} state @param {import("../client/types").RideAccepted} message @param {Clock} clock */
  ride_accepted: (state, message, clock) => ({
    settled: true,
    online: true,
    offers: [],
    closed: null,
    done: null,
    news: null,
    sent: null,
    problems: {},
    ride: rideOf(null, { ...message, status: "accepted" }, clock, null),
  }),

  /** @param {State} state @param {import("../client/types").DriverArrived} message @param {Clock} clock */
  driver_arrived: (state, message, clock) => {
    const waited = { ride_id: message.ride_id, at: clock.wall(), freeMs: message.waiting_free_ttl_ms ?? 0 };
    const arrived = ofRide(state, message, (ride) => ({
      ...ride,
      status: "arrived",
      since: clock.now(),
      waiting: waitingOf(message, clock, waited),
      warning: ride.warning === "far_from_pickup" ? ride.warning : null,
    }));
    return arrived.ride ? { ...arrived, waited } : {};
  },

  /** @param {State} state @param {{ ride_id: string }} message @param {Clock} clock */
  ride_started: (state, message, clock) => ofRide(state, message, (ride) => ({
    ...ride, status: "in_progress", since: clock.now(), waiting: null, warning: null, pin: null,
  })),

  /** @param {State} state @param {import("../client/types").RideCompleted} message */
  ride_completed: (state, message) => ({
    ride: null,
    waited: null,
    sent: null,
    problems: {},
    news: null,
    done: {
      ride_id: message.ride_id,
      name: state.ride?.ride_id === message.ride_id ? state.ride.passenger_name : "",
      fare: message.fare,
      currency: message.currency ?? state.ride?.currency ?? null,
      byAgreement: message.fare_by_agreement ?? false,
      breakdown: message.breakdown ?? null,
      payment: message.payment_status,
      rating: /** @type {const} */ ("open"),
    },
  }),

  /** @param {State} state @param {import("../client/types").RideEnded} message */
  ride_cancelled: (state, { by, reason, fee, currency = null, ride_id }) => {
    if (state.ride !== null && state.ride.ride_id !== ride_id) return {};
    const name = state.ride?.passenger_name ?? "";
    return { ride: null, waited: null, sent: null, problems: {}, done: null, news: { what: /** @type {const} */ ("cancelled"), by, reason, fee, currency, name } };
  },

  /** @param {State} state @param {import("../client/types").FareNews} message */
  fare_changed: (state, { ride_id, fare, reason, currency = null }) => {
    const news = { what: /** @type {const} */ ("fare"), fare, currency, reason };
    if (state.done?.ride_id === ride_id) return { done: { ...state.done, fare, byAgreement: false, breakdown: null }, news };
    if (state.ride?.ride_id !== ride_id) return {};
    return { ride: { ...state.ride, fare, fare_by_agreement: false }, news };
  },

  /** @param {State} state @param {import("../client/types").NoteNews} message */
  note_changed: (state, message) => ({ ...ofRide(state, message, (ride) => ({ ...ride, note: message.note })), news: { what: "note", note: message.note } }),

  /** @param {State} state @param {import("../client/types").PaymentChanged} message */
  payment: ({ done }, { ride_id, status }) => (done?.ride_id === ride_id ? { done: { ...done, payment: status } } : {}),

  /** @param {State} state @param {{ ride_id: string, reason: string }} message */
  warning: (state, message) => ofRide(state, message, (ride) => ({ ...ride, warning: message.reason })),

  /** @param {State} state @param {{ reason: string, document?: string | null }} message */
  no_offers: (state, { reason, document = null }) => ({
    heldBack: { reason, document },
    online: state.online || state.doubted,
    doubted: false,
    ending: state.ending.filter((other) => other.document !== document),
  }),

  /** @param {State} state @param {{ document: string, expires_at: number | string }} message */
  document_expiring: ({ ending }, { document, expires_at }) => ({
    ending: [...ending.filter((other) => other.document !== document), { document, endsAt: new Date(expires_at) }],
  }),

  snapshot: takeSnapshot,

  /** The server knows nothing of this driver: nobody with this id was connected before. */
  "page:unknown": (/** @type {State} */ state) => (state.settled ? {} : { settled: true, online: false }),

  /** The link changed. @param {State} state @param {import("../client/connection.js").Status} message */
  "page:link": (state, { state: link, why, since }) => {
    const lostAt = link === "open" ? null : (state.link.lostAt ?? since);
    return { ...(link === "open" ? doubt(state) : {}), link: { state: link, why, since, lostAt } };
  },

  /** The phone slept, perhaps: what is left of a time is not known until the server says it again. @param {State} state */
  "page:woke": (state) => doubt(state),

  /** Time has passed. @param {State} state @param {object} _ @param {Clock} clock */
  "page:tick": (state, _, clock) => {
    const [first] = state.offers;
    const { state: link, since, lostAt } = state.link;
    if (!state.settled && link === "open" && clock.now() - since >= SETTLED_AFTER_MS) return { settled: true };
    if (first !== undefined && lostAt !== null && clock.now() - lostAt >= LINK_LOST_MS) return closeOffer(state, first.offer_id, "no_link", clock);
    return state.closed !== null && clock.now() - state.closed.at >= CLOSED_SHOWN_MS ? { closed: null } : {};
  },

  /** The driver switched requests on or off. @param {State} state @param {{ online: boolean }} message @param {Clock} clock */
  "page:switched": (state, { online }, clock) => ({ online, tellOff: false, doubted: false, news: null, onlineAt: online ? clock.now() : state.onlineAt }),

  /** The server was told that this driver wants no requests. */
  "page:told_off": () => ({ tellOff: false }),

  /** The driver answered a request. @param {State} state @param {{ offer_id: string, kind: "accept" | "decline", id: string }} message */
  "page:answered": (state, { offer_id, kind, id }) => ofOffer(state, offer_id, { answer: { kind, id }, problem: null }),

  /** The server could not take that answer. @param {State} state @param {{ offer_id: string, problem: Refusal }} message @param {Clock} clock */
  "page:answer_refused": (state, { offer_id, problem }, clock) => ofOffer(state, offer_id, { answer: null, problem: problemOf(problem, clock) }),

  /** A step was sent, or waits for the link. @param {State} state @param {{ step: Step, rideId: string, id: string }} message @param {Clock} clock */
  "page:stepped": (state, { step, rideId, id }, clock) => ({ sent: { step, rideId, id, since: clock.now() }, problems: {}, news: null }),

  /** It took effect, or was taken back. @param {State} state @param {{ id: string }} message */
  "page:step_over": ({ sent }, { id }) => (sent?.id === id ? { sent: null } : {}),

  /** The driver asked once more what became of it. @param {State} state @param {object} _ @param {Clock} clock */
  "page:step_again": ({ sent }, _, clock) => (sent === null ? {} : { sent: { ...sent, since: clock.now() } }),

  "page:step_refused": refuseStep,

  /** The stars were sent, or the server would not have them. @param {State} state @param {{ rating: Done["rating"] }} message */
  "page:rated": ({ done }, { rating }) => (done === null ? {} : { done: { ...done, rating } }),

  /** The driver has read what happened. */
  "page:news_read": () => ({ news: null }),

  /** The driver has seen what became of the last ride. */
  "page:ready": () => ({ done: null, news: null }),

  /** @param {State} state @param {{ takings: Takings }} message */
  "page:takings": (state, { takings }) => ({ takings }),
};

/** @typedef {{ code: string, message: string, retryAfterMs: number | null, triesLeft?: number | null }} Refusal */

/**
 * @param {State} state
 * @param {import("../client/types").DriverSnapshot} message
 * @param {Clock} clock
 * @returns {Partial<State>}
 */
function takeSnapshot(state, { status, offer, ride }, clock) {
  const wasOpen = state.offers[0];
  const gone = wasOpen !== undefined && offer?.offer_id !== wasOpen.offer_id && ride === null;
  const busy = offer !== null || ride !== null;
  const believed = busy || status === "available" || status === "busy";
  return {
    ...(gone ? closeOffer(state, wasOpen.offer_id, "gone", clock) : {}),
    settled: true,
    online: busy || (status === "unavailable" ? false : state.online),
    tellOff: believed && !busy && !state.online,
    doubted: !busy && status === "unavailable" && (state.online || state.doubted),
    heldBack: HELD_BACK.includes(status) ? (state.heldBack ?? { reason: status, document: null }) : null,
    offers: offer === null ? [] : withOffer({ ...state, offers: state.offers.filter(({ offer_id }) => offer_id === offer.offer_id) }, offer, clock),
    ride: ride === null ? null : rideOf(state.ride, ride, clock, state.waited),
    done: ride === null ? state.done : null,
    news: ride === null && state.ride !== null ? { what: "gone" } : state.news,
  };
}

/** @param {State} state @param {RideRequest} message @param {Clock} clock */
function withOffer(state, message, clock) {
  const { ttl_ms: ttlMs, type: _type, seq: _seq, epoch: _epoch, ...fields } = message;
  const before = state.offers.find(({ offer_id }) => offer_id === fields.offer_id);
  const offer = {
    ...fields,
    ttl_ms: ttlMs,
    left: new Countdown(ttlMs, clock.roundTripMs, clock.now),
    silence: new Countdown(ttlMs + SILENT_AFTER_MS, clock.roundTripMs, clock.now),
    ttlMs: before?.ttlMs ?? ttlMs,
    shownAt: before?.shownAt ?? null,
    guardMs: before?.guardMs ?? 0,
    answer: before?.answer ?? null,
    problem: before?.problem ?? null,
    unsure: false,
  };
  return [...state.offers.filter(({ ride_id }) => ride_id !== offer.ride_id), offer];
}

/** @param {State} state @param {string} offerId @param {string} reason @param {Clock} clock @returns {Partial<State>} */
function closeOffer(state, offerId, reason, clock) {
  const offer = state.offers.find(({ offer_id }) => offer_id === offerId);
  if (offer === undefined) return {};
  const { pickup_address: pickup, fare, currency = null, fare_by_agreement: byAgreement = false } = offer;
  return {
    offers: state.offers.filter((other) => other !== offer),
    closed: state.ride === null ? { reason, at: clock.now() } : state.closed,
    last: [{ offer_id: offerId, reason, pickup, fare, currency, byAgreement }, ...state.last].slice(0, LAST_REQUESTS),
  };
}

/** @param {State} state @param {string} offerId @param {Partial<Offer>} change */
function ofOffer(state, offerId, change) {
  return { offers: state.offers.map((offer) => (offer.offer_id === offerId ? { ...offer, ...change } : offer)) };
}

/** @param {State} state @param {{ ride_id: string }} message @param {(ride: Ride) => Ride} change @returns {Partial<State>} */
function ofRide({ ride }, { ride_id }, change) {
  return ride?.ride_id === ride_id ? { ride: change(ride) } : {};
}

/**
 * The ride as the server tells it. What only this page knows of it stays.
 *
 * @param {Ride | null} before
 * @param {CurrentRide} told
 * @param {Clock} clock
 * @param {Waited | null} waited
 * @returns {Ride}
 */
function rideOf(before, told, clock, waited) {
  const same = before?.ride_id === told.ride_id && before.status === told.status;
  const waiting = told.status === "arrived" ? waitingOf(told, clock, waited) : null;
  return {
    ...told,
    since: same ? before.since : clock.now(),
    unsure: false,
    waiting,
    warning: same ? before.warning : null,
    pin: same ? before.pin : null,
  };
}

/**
 * @param {Partial<import("../client/types").DriverArrived>} message
 * @param {Clock} clock
 * @param {Waited | null} waited
 * @returns {Waiting}
 */
function waitingOf(message, clock, waited) {
  const count = (/** @type {number | null | undefined} */ ms) => (ms === null || ms === undefined ? null : new Countdown(ms, clock.roundTripMs, clock.now));
  const known = waited !== null && waited.ride_id === message.ride_id;
  const since = known ? clock.now() - (clock.wall() - waited.at) : null;
  const freeMs = message.waiting_free_ttl_ms ?? 0;
  return {
    since,
    freeEndsAt: freeMs > 0 ? clock.now() + freeMs : since !== null && known ? since + waited.freeMs : clock.now() - leastOverMs(message),
    free: count(message.waiting_free_ttl_ms),
    perMinute: message.waiting_per_minute ?? 0,
    noShow: count(message.no_show_ttl_ms),
    noShowFee: message.no_show_fee ?? 0,
  };
}

/** For how long waiting has cost at least, by the server's own times alone. @param {Partial<import("../client/types").DriverArrived>} message */
function leastOverMs({ waiting_free_until: free, no_show_at: noShow, no_show_ttl_ms: leftMs }) {
  if (!free || !noShow) return 0;
  return Math.max(0, Date.parse(noShow) - Date.parse(free) - (leftMs ?? 0));
}

/**
 * What a step's refusal changes: a wrong pin stands at its field, `too_early` sets the clock of the no-show, all else at the button.
 *
 * @param {State} state
 * @param {{ id: string, problem: Refusal }} message
 * @param {Clock} clock
 * @returns {Partial<State>}
 */
function refuseStep(state, { id, problem }, clock) {
  const { sent, ride } = state;
  if (sent?.id !== id) return {};
  const retry = problem.retryAfterMs === null ? null : new Countdown(problem.retryAfterMs, clock.roundTripMs, clock.now);
  if (problem.code === "wrong_pin" && ride !== null) return { sent: null, ride: { ...ride, pin: { triesLeft: problem.triesLeft ?? null, locked: retry } } };
  if (problem.code === "too_early" && ride !== null && ride.waiting !== null && retry !== null) {
    return { sent: null, ride: { ...ride, waiting: { ...ride.waiting, noShow: retry } }, problems: { [sent.step]: problemOf(problem, clock) } };
  }
  return { sent: null, problems: { [sent.step]: problemOf(problem, clock) } };
}

/** @param {Refusal} error @param {Clock} clock @returns {Problem} */
function problemOf(error, clock) {
  return { error, retry: error.retryAfterMs === null ? null : new Countdown(error.retryAfterMs, clock.roundTripMs, clock.now) };
}

/** @param {State} state @returns {Partial<State>} */
function doubt({ offers, ride }) {
  return { offers: offers.map((offer) => ({ ...offer, unsure: true })), ride: ride === null ? null : { ...ride, unsure: true } };
}

/** A step that what is known now makes void is not waited for. @param {State} state */
function dropVoid(state) {
  const { sent, ride } = state;
  return sent !== null && state.settled && !isPossible(sent.step, ride, sent.rideId) ? { ...state, sent: null } : state;
}

/** The first request is shown from now on, if it was not before. @param {State} state @param {Clock} clock */
function showFirst(state, clock) {
  const [first, ...others] = state.offers;
  if (first === undefined || first.shownAt !== null) return state;
  const now = clock.now();
  const guardMs = now - state.onlineAt < GUARD_ONLINE_MS ? GUARD_ONLINE_MS : GUARD_MS;
  return { ...state, closed: null, offers: [{ ...first, shownAt: now, guardMs }, ...others] };
}
