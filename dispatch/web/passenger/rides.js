/** Rides of before, and those that are booked ahead. */

import { el, fill } from "../shell/dom.js";
import { button } from "../shell/form.js";
import { frame, money, routeOf } from "./parts.js";
import { dayAndTime } from "./searching.js";

/** @typedef {import("./app.js").App} App */

/**
 * One ride of a list.
 *
 * @param {any} ride as `/api/me/rides` tells it
 * @param {App} app
 */
export function rideRow(ride, app) {
  const { texts: t } = app;
  const at = new Date(ride.pickup_at ?? ride.requested_at);
  const trip = {
    pickup: { name: ride.pickup_address, lat: ride.pickup_latitude, lon: ride.pickup_longitude },
    dropoff: { name: ride.dropoff_address, lat: ride.dropoff_latitude, lon: ride.dropoff_longitude },
  };
  const cost = ride.status === "completed" || ride.status === "scheduled" ? ride.fare : (ride.fee ?? 0);
  const status = el("span", { class: "muted" }, t.say(`passenger.status_${ride.status}`));
  const sum = cost > 0 ? money(t.money(cost, ride.currency)) : null;
  const isOpen = ["scheduled", "pending", "accepted", "arrived", "in_progress"].includes(ride.status);
  return el(
    "div", { class: "ride-row", test: "past-ride" },
    el("div", { class: "spread" }, el("strong", { class: "tabular" }, dayAndTime(at, app)), status, sum),
    routeOf(trip, t),
    isOpen && button({ label: t.say("passenger.open_ride"), run: () => app.actions.open(ride.ride_id) }),
  );
}

/**
 * @param {App} app
 * @returns {import("./app.js").View}
 */
export function ridesView(app) {
  const { texts: t } = app;
  const heading = el("h1", { tabindex: "-1" }, t.say("passenger.rides"));
  const list = el("div", { class: "list" });
  const back = button({ label: t.say("shell.back"), test: "back", run: () => app.actions.closeRides() });
  const { element } = frame("rides", [heading, list], [back]);
  let drawn = "";
  return {
    element,
    heading,
    update({ rides, ridesAreOld }) {
      const as = JSON.stringify([rides, ridesAreOld]);
      if (as === drawn) return;
      drawn = as;
      if (rides === null) return fill(list, el("p", { class: "muted" }, t.say("shell.loading")));
      const old = ridesAreOld && el("p", { class: "muted" }, t.say("passenger.rides_old"));
      fill(list, old, ...(rides.length ? rides.map((ride) => rideRow(ride, app)) : [el("p", {}, t.say("passenger.no_rides"))]));
    },
  };
}
