/** What a driver reads and hears of a state: pure, by the texts of one language. */

import { screenOf } from "./state.js";

/** @typedef {import("../shell/texts.js").Texts} Texts */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Offer} Offer */
/** @typedef {import("./state.js").News} News */
/** @typedef {{ call?: string, say?: string, sound?: "good" | "bad" }} Told `call` is said at once, `say` when there is time */

/**
 * Text of the wire inside a sentence, kept apart from the direction of the words around it.
 *
 * @param {string} text
 */
export function apart(text) {
  return text === "" ? "" : `\u2068${text}\u2069`;
}

/** The passenger's name, or who that is. @param {Texts} texts @param {string} name */
export function nameOf(texts, name) {
  return name ? apart(name) : texts.say("driver.the_passenger");
}

/**
 * What a ride pays; that nobody has named a fare, where nobody has.
 *
 * @param {Texts} texts
 * @param {{ fare: number, currency?: string | null, fare_by_agreement?: boolean }} ride
 */
export function fareText(texts, { fare, currency, fare_by_agreement: byAgreement }) {
  return byAgreement || fare === 0 ? texts.say("driver.by_agreement") : texts.money(fare, currency);
}

/**
 * The same to be heard: with the name of the currency.
 *
 * @param {Texts} texts
 * @param {{ fare: number, currency?: string | null, fare_by_agreement?: boolean }} ride
 */
export function fareSpoken(texts, ride) {
  const { fare, currency, fare_by_agreement: byAgreement } = ride;
  if (byAgreement || fare === 0 || !currency) return fareText(texts, ride);
  return new Intl.NumberFormat(texts.locale, { style: "currency", currency, currencyDisplay: "name" }).format(fare);
}

/** How a ride is paid. @param {Texts} texts @param {string | null | undefined} method */
export function paidBy(texts, method) {
  return texts.say(method === "card" ? "driver.card" : "driver.cash");
}

/** Why a request was closed. @param {Texts} texts @param {string} reason */
export function closedText(texts, reason) {
  const key = `driver.closed_${reason}`;
  return texts.say(texts.has(key) ? key : "driver.closed_gone");
}

/** What is wrong on the way. @param {Texts} texts @param {string} reason @param {string} name @param {string} distance to the pickup, empty if not known */
export function warningText(texts, reason, name, distance) {
  if (reason === "far_from_pickup") return distance ? texts.say("driver.warn_far", { distance }) : texts.say("driver.warn_far_off");
  if (reason === "standing_still") return texts.say("driver.warn_standing", { name: nameOf(texts, name) });
  if (reason === "driving_away") return texts.say("driver.warn_away");
  return texts.say("driver.warn_not_heard");
}

/** What happened to a ride outside of the driver's hands. @param {Texts} texts @param {News} news */
export function newsText(texts, news) {
  if (news.what === "fare") return texts.say("driver.news_fare", { money: texts.money(news.fare, news.currency), reason: apart(news.reason) });
  if (news.what === "note") return news.note ? texts.say("driver.news_note", { note: apart(news.note) }) : texts.say("driver.news_no_note");
  if (news.what === "gone") return texts.say("driver.news_gone");
  return [cancelledText(texts, news), feeText(texts, news)].join(" ");
}

/** @param {Texts} texts @param {Extract<News, { what: "cancelled" }>} news */
function cancelledText(texts, { by, reason, name }) {
  if (by === "passenger") return texts.say("driver.cancelled_passenger", { name: nameOf(texts, name) });
  if (by === "ops") return reason ? texts.say("driver.cancelled_desk", { reason: apart(reason) }) : texts.say("driver.cancelled_desk_only");
  if (by === "driver") return texts.say(reason === "no_show" ? "driver.cancelled_no_show" : "driver.cancelled_driver");
  return texts.say("driver.cancelled_system");
}

/** @param {Texts} texts @param {Extract<News, { what: "cancelled" }>} news */
function feeText(texts, { fee, currency, by, reason }) {
  if (fee > 0) return texts.say("driver.fee", { money: texts.money(fee, currency) });
  return by === "driver" && reason !== "no_show" ? texts.say("driver.counts_given_back") : texts.say("driver.no_fee");
}

/** Why there are no requests, from the driver's file. @param {Texts} texts @param {NonNullable<State["heldBack"]>} heldBack */
export function heldBackText(texts, { reason, document }) {
  if (reason === "suspended") return texts.say("driver.suspended");
  return document ? texts.say("driver.document_ended", { document: kindOf(document) }) : texts.say("driver.some_document_ended");
}

/** A kind of document: the server has it in one word. @param {string} document */
function kindOf(document) {
  return apart(document.replaceAll("_", " "));
}

/** Which document ends, and its last day: it holds until that day is over. @param {Texts} texts @param {State["ending"][number]} ending */
export function endingText(texts, { document, endsAt }) {
  return texts.say("driver.document_ends", { document: kindOf(document), day: texts.dayOfMonth(new Date(endsAt.getTime() - 1)) });
}

/**
 * What is said aloud, and which sound is played, when this message made `after` of `before`.
 *
 * @param {Texts} texts
 * @param {State} before
 * @param {Record<string, any> & { type: string }} message
 * @param {State} after
 * @returns {Told}
 */
export function told(texts, before, message, after) {
  const [offer] = after.offers;
  if (offer !== undefined && offer.shownAt !== before.offers[0]?.shownAt) return { call: offerSpoken(texts, offer) };
  if (after.closed !== null && after.closed !== before.closed) {
    const { reason } = after.closed;
    return { call: closedText(texts, reason), ...(reason === "declined" ? {} : { sound: "bad" }) };
  }
  const says = SAYS[/** @type {keyof typeof SAYS} */ (message.type)];
  return says === undefined || before === after ? {} : says(texts, before, after);
}

/** @param {Texts} texts @param {Offer} offer */
function offerSpoken(texts, offer) {
  return texts.say("driver.say_request", {
    money: fareSpoken(texts, offer),
    away: texts.duration(offer.pickup_eta_s),
    pickup: offer.pickup_address,
    dropoff: offer.dropoff_address,
    n: offer.left.leftS,
  });
}

/** What each message has to say, where it is not about a request. @type {Record<string, (texts: Texts, before: State, after: State) => Told>} */
const SAYS = {
  ride_accepted: (texts, _, { ride }) =>
    ride === null ? {} : { call: texts.say("driver.say_accepted", { address: ride.pickup_address, name: ride.passenger_name }), sound: "good" },
  driver_arrived: (texts) => ({ say: texts.say("driver.say_arrived") }),
  ride_started: (texts, _, { ride }) => ({ say: texts.say("driver.say_started", { address: ride?.dropoff_address ?? "" }) }),
  ride_completed: (texts, _, { done }) => (done === null ? {} : { call: doneSpoken(texts, done), sound: "good" }),
  ride_cancelled: (texts, before, { news }) => (news === null || news === before.news ? {} : { call: newsText(texts, news), sound: "bad" }),
  fare_changed: (texts, _, { news }) => (news === null ? {} : { call: newsText(texts, news) }),
  note_changed: (texts, _, { news }) => (news === null ? {} : { say: newsText(texts, news) }),
  payment: (texts, before, { done }) => (done?.payment === "declined" && before.done?.payment !== "declined" ? { call: texts.say("driver.card_declined") } : {}),
  warning: (texts, before, { ride }) =>
    ride === null || ride.warning === null || ride.warning === before.ride?.warning
      ? {}
      : { call: warningText(texts, ride.warning, ride.passenger_name, ""), sound: "bad" },
  no_offers: (texts, before, { heldBack }) => (heldBack === null || before.heldBack?.reason === heldBack.reason ? {} : { call: heldBackText(texts, heldBack) }),
  snapshot: (texts, before, after) => (before.settled && screenOf(before) === screenOf(after) ? {} : { say: texts.say(`driver.say_now_${screenOf(after)}`) }),
};

/** @param {Texts} texts @param {NonNullable<State["done"]>} done */
function doneSpoken(texts, { fare, currency, byAgreement, payment }) {
  const money = fareSpoken(texts, { fare, currency, fare_by_agreement: byAgreement });
  if (payment !== "cash") return texts.say("driver.say_done_card");
  return texts.say("driver.say_collect", { money });
}
