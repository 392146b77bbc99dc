/** What a driver does with the page: each is a word to the server, and remembered as said until the server answers. */

import { Refused } from "../client/errors.js";

/** @typedef {import("./state.js").Offer} Offer */
/** @typedef {import("./state.js").Step} Step */
/**
 * @typedef {object} Surroundings
 * @property {import("../client/dispatch-client.js").DispatchClient} client
 * @property {import("../client/connection.js").Connection} connection
 * @property {string} driverId
 * @property {(message: Record<string, any> & { type: string }) => void} dispatch
 * @property {() => import("./state.js").State} state
 * @property {import("./sounds.js").Sounds} sounds
 * @property {import("./wake.js").WakeLock} wake
 * @property {import("./position.js").Position} position
 * @property {() => { lat: number, lon: number }} mark where the mark stands at first that the driver moves by hand
 * @property {() => void} switched the server knows whether the driver wants requests
 * @property {(error: unknown) => void} failed shows an error that belongs to no control
 */

export class Actions {
  #with;
  #wanted = false;

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    this.#with = surroundings;
  }

  /** Wants requests. To be called within a tap: sound, screen and position are asked of the browser here. */
  goOnline() {
    const { sounds, wake, position } = this.#with;
    sounds.wake();
    wake.want(true);
    position.start();
    this.#switch(true);
  }

  /** Wants no requests. */
  goOff() {
    this.#switch(false);
  }

  /** Tells a server that believes otherwise that this driver wants no requests. */
  tellOff() {
    this.#with.dispatch({ type: "page:told_off" });
    this.#with.connection.send("set_availability", { available: false }).catch(this.#with.failed);
  }

  /** @param {Offer} offer @param {"accept" | "decline"} kind */
  answer({ offer_id, ride_id }, kind) {
    const { connection, driverId, dispatch } = this.#with;
    const sent = connection.send(kind === "accept" ? "accept_ride" : "decline_ride", { ride_id, driver_id: driverId, offer_id });
    dispatch({ type: "page:answered", offer_id, kind, id: sent.id });
    sent.catch((error) => error instanceof Refused && dispatch({ type: "page:answer_refused", offer_id, problem: error }));
  }

  /** @param {Step} step @param {string} rideId @param {Record<string, string>} [more] */
  step(step, rideId, more = {}) {
    const { connection, dispatch } = this.#with;
    const sent = connection.send(step, { ride_id: rideId, ...more });
    const { id } = sent;
    dispatch({ type: "page:stepped", step, rideId, id });
    sent.then(
      () => dispatch({ type: "page:step_over", id }),
      (error) => dispatch(error instanceof Refused ? { type: "page:step_refused", id, problem: error } : { type: "page:step_over", id }),
    );
  }

  /** Takes a step back that still waits for the link. @param {string} id */
  withdraw(id) {
    this.#with.connection.withdraw(id);
  }

  /** Sends a step once more that was not answered. @param {string} id */
  again(id) {
    this.#with.connection.again(id);
    this.#with.dispatch({ type: "page:step_again" });
  }

  /** @param {string} rideId @param {number} rating */
  rate(rideId, rating) {
    const { connection, dispatch, failed } = this.#with;
    dispatch({ type: "page:rated", rating: "sending" });
    connection.send("rate_passenger", { ride_id: rideId, rating }).then(
      () => dispatch({ type: "page:rated", rating: "done" }),
      (error) => {
        // A second rating is refused: then the first one holds.
        const done = error instanceof Refused && error.code === "illegal_now";
        dispatch({ type: "page:rated", rating: done ? "done" : "open" });
        if (!done) failed(error);
      },
    );
  }

  ready() {
    this.#with.dispatch({ type: "page:ready" });
  }

  closeNews() {
    this.#with.dispatch({ type: "page:news_read" });
  }

  /** This page speaks for the driver again, after another one did. */
  useHere() {
    const wasOnline = this.#with.state().online;
    this.#with.connection.takeOver();
    if (wasOnline) this.goOnline();
  }

  /** Asks the browser for the position, within a tap. */
  askPosition() {
    this.#with.position.start();
  }

  /** Puts the driver on the map by hand, where the browser gives no position. */
  useMark() {
    this.#with.position.moveTo(this.#with.mark());
    this.#with.position.start();
  }

  async logOut() {
    await this.#with.client.session.logOut().catch(this.#with.failed);
  }

  /** @param {boolean} online */
  #switch(online) {
    const { connection, dispatch, state, failed, switched } = this.#with;
    this.#wanted = online;
    const sent = connection.send("set_availability", { available: online });
    dispatch({ type: "page:switched", online });
    sent.then(
      // What a snapshot said meanwhile was of before.
      () => {
        if (this.#wanted === online && state().online !== online) dispatch({ type: "page:switched", online });
        switched();
      },
      (error) => error instanceof Refused && failed(error),
    );
  }
}
