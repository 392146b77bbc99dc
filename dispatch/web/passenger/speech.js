/** What is read out when a message comes: one sentence at most, and whether it may interrupt. Pure. */

import { hasDriver } from "./state.js";

const LEFT = "the passenger left";
const BOOKED_ANOTHER = "the passenger booked another ride";
const TOO_LONG = "it took too long";

/**
 * @typedef {import("../shell/texts.js").Texts} Texts
 * @typedef {import("./state.js").Ride} Ride
 * @typedef {{ text: string, urgent: boolean } | null} Spoken
 */

/** Letters and digits apart, as they are read from a plate or a pin. @param {string} text */
export function spelled(text) {
  return [...text.replace(/\s+/g, "")].join(" ");
}

/** The name that a passenger reads: the first one, or "the driver". @param {Ride} ride @param {Texts} texts */
export function nameOf(ride, texts) {
  return firstName(ride.driver?.name || ride.gaveBack?.name || "") || texts.say("passenger.the_driver");
}

/** @param {string} name */
export function firstName(name) {
  return name.trim().split(/\s+/)[0] ?? "";
}

/** Types of vehicles that are letters and no word. */
const LETTERS = new Set(["ev", "mpv", "suv"]);

/** A type of vehicle as people write it: the server has words in small letters. @param {string} type */
export function typeName(type) {
  if (LETTERS.has(type)) return type.toUpperCase();
  return type.charAt(0).toUpperCase() + type.slice(1);
}

/** A fare, or the words that there is none. @param {Ride["terms"]} terms @param {Texts} texts */
export function fareText(terms, texts) {
  return terms.byAgreement ? texts.say("passenger.price_not_set") : texts.money(terms.fare, terms.currency);
}

/**
 * @param {Ride} before
 * @param {Ride} ride after the message
 * @param {import("../client/types").ToPassenger} message
 * @param {Texts} texts
 * @returns {Spoken}
 */
export function spoken(before, ride, message, texts) {
  const name = nameOf(ride, texts);
  const say = (/** @type {string} */ text) => ({ text, urgent: false });
  const call = (/** @type {string} */ text) => ({ text, urgent: true });
  switch (message.type) {
    case "searching":
      if (message.drivers_notified === 0) return say(texts.say("passenger.nobody_near_yet"));
      return say(texts.say("passenger.spoken_asking", { n: message.drivers_notified, round: message.round }));
    case "driver_assigned":
      return call(assigned(ride, name, texts));
    case "driver_arrived":
      return call(ride.pin ? texts.say("passenger.spoken_here_pin", { name, pin: spelled(ride.pin) }) : texts.say("passenger.is_here", { name }));
    case "ride_started":
      return say(texts.say("passenger.to_address", { address: ride.terms.dropoff.name }));
    case "ride_completed":
      return say(`${texts.say("passenger.trip_done")}. ${toPay(ride, texts)}.`);
    case "driver_unreachable":
      return call(lostText(ride, texts));
    case "driver_cancelled":
      return call(gaveBackText({ ...ride, gaveBack: { name: before.driver?.name ?? "", by: message.by } }, texts));
    case "no_drivers":
      return call(`${texts.say("passenger.nobody_could_come")}. ${nobodyText(ride, texts)}`);
    case "ride_cancelled":
      return call(endText(ride, texts));
    case "payment":
      return message.status === "declined" ? call(declinedText(ride, message.amount, message.currency, texts)) : null;
    case "fare_changed":
      return call(newFareText(ride, texts));
    case "snapshot":
      return before.phase === "sending" || !hasDriver(ride) ? null : say(texts.say("passenger.spoken_back", { state: stateText(ride, name, texts) }));
    default:
      return null;
  }
}

/** @param {Ride} ride @param {string} name @param {Texts} texts */
function assigned(ride, name, texts) {
  const plate = spelled(ride.driver?.plate ?? "");
  const type = typeName(ride.driver?.type ?? "");
  if (ride.eta === null) return texts.say("passenger.spoken_accepted", { name, type, plate });
  return texts.say("passenger.spoken_accepted_eta", { name, type, plate, n: minutesOf(ride.eta.s) });
}

/** @param {Ride} ride @param {string} name @param {Texts} texts */
function stateText(ride, name, texts) {
  if (ride.phase === "here") return texts.say("passenger.is_here", { name });
  if (ride.phase === "trip") return texts.say("passenger.to_address", { address: ride.terms.dropoff.name });
  return ride.eta === null ? texts.say("passenger.is_coming", { name }) : texts.say("passenger.arrives_in", { name, n: minutesOf(ride.eta.s) });
}

/** @param {number} seconds */
function minutesOf(seconds) {
  return Math.max(1, Math.round(seconds / 60));
}

/** What is to be paid, and how. @param {Ride} ride @param {Texts} texts */
export function toPay(ride, texts) {
  const receipt = ride.receipt;
  if (receipt === null) return "";
  if (receipt.byAgreement) return texts.say("passenger.pay_agreed", { name: nameOf(ride, texts) });
  const money = texts.money(receipt.fare, ride.terms.currency);
  if (receipt.payment === "paid") return texts.say("passenger.paid_by_card", { money });
  if (receipt.payment === "pending") return texts.say("passenger.card_pending", { money });
  return texts.say("passenger.pay_cash", { money });
}

/** @param {Ride} ride @param {number} amount @param {string | null} currency @param {Texts} texts */
export function declinedText(ride, amount, currency, texts) {
  return texts.say("passenger.card_declined", { money: texts.money(amount, currency), name: nameOf(ride, texts) });
}

/** @param {Ride} ride @param {Texts} texts */
export function newFareText(ride, texts) {
  const { fare, reason } = ride.newFare ?? { fare: ride.terms.fare, reason: "" };
  return texts.say("passenger.fare_changed", { money: texts.money(fare, ride.terms.currency), reason });
}

/** @param {Ride} ride @param {Texts} texts */
export function lostText(ride, texts) {
  const name = nameOf(ride, texts);
  if (ride.lost?.reason === "standing_still") return texts.say("passenger.stands_still", { name });
  if (ride.lost?.reason === "driving_away") return texts.say("passenger.drives_away", { name });
  return texts.say("passenger.not_reached", { name, time: texts.time(new Date(ride.lost?.since ?? Date.now())) });
}

/** @param {Ride} ride @param {Texts} texts */
export function gaveBackText(ride, texts) {
  const name = nameOf(ride, texts);
  if (ride.terms.byAgreement) return texts.say("passenger.gave_back_no_price", { name });
  return texts.say("passenger.gave_back", { name, money: texts.money(ride.terms.fare, ride.terms.currency) });
}

/** @param {Ride} ride @param {Texts} texts */
export function nobodyText(ride, texts) {
  if (ride.nobody === null) return texts.say("passenger.nobody_charged");
  if (ride.nobody.asked === 0) return texts.say("passenger.nobody_near");
  return texts.say("passenger.nobody_asked", { n: ride.nobody.asked, rounds: texts.say("passenger.rounds", { n: ride.nobody.rounds }) });
}

/** How a ride ended before its end, and what that costs. @param {Ride} ride @param {Texts} texts */
export function endText(ride, texts) {
  const end = ride.end;
  if (end === null) return "";
  const name = nameOf(ride, texts);
  const money = texts.money(end.fee, ride.terms.currency);
  const cost = end.fee > 0 ? texts.say("passenger.fee", { money }) : texts.say("passenger.nothing_charged");
  if (end.noShow) return texts.say(end.fee > 0 ? "passenger.no_show_fee" : "passenger.no_show", { name, money });
  if (end.by === "ops") return `${end.reason ? texts.say("passenger.by_desk", { reason: end.reason }) : texts.say("passenger.by_desk_unsaid")} ${cost}`;
  if (end.by === "driver") return `${texts.say("passenger.by_driver", { name })} ${cost}`;
  if (end.by === "system") return systemText(end.reason, cost, texts);
  return `${texts.say("passenger.cancelled")} ${cost}`;
}

/** Why the server itself ended a ride. The words of `reason` are the server's and do not change. @param {string} reason @param {string} cost @param {Texts} texts */
function systemText(reason, cost, texts) {
  if (reason === LEFT) return texts.say("passenger.lost_phone");
  if (reason === BOOKED_ANOTHER) return texts.say("passenger.booked_another");
  return `${texts.say(reason === TOO_LONG ? "passenger.too_long" : "passenger.by_system")} ${cost}`;
}
