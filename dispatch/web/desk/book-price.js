/** The price in the row of bookings: asked for as soon as both ends stand, and anew whenever the terms change. */

import { Refused } from "../client/errors.js";
import { el, fill } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";

const WAIT_MS = 2_000;

/** @typedef {Record<string, string | number>} Terms as `/api/quotes` takes them */
/** @typedef {{ quote_id: string, fare: number, currency: string, distance_km: number, duration_minutes: number, eta_s?: number | null }} Quote */

/**
 * @param {object} options
 * @param {import("../shell/page.js").Page} options.page
 * @param {import("../client/session.js").Session} options.session
 * @param {(key: string, values?: Record<string, any>) => string} options.t words of the desk
 * @returns {{ element: HTMLElement, ask(terms: Terms | null): void, come(): Promise<string | null>, forget(): void }}
 *   `come`: waits for the price, but not long, and gives the id of its quote
 */
export function bookingPrice({ page, session, t }) {
  const { texts, town, announcer } = page;
  /** @type {{ terms: string, came: Promise<void>, quote: Quote | null } | null} */ let asked = null;
  const element = el("output", { class: "book-price tabular", for: "book-from book-to" });

  /** @param {Terms} terms @param {string} written */
  function askFor(terms, written) {
    fill(element, t("pricing"));
    /** @type {NonNullable<typeof asked>} */
    const mine = { terms: written, quote: null, came: Promise.resolve() };
    asked = mine;
    mine.came = session.request("POST", "/api/quotes", { body: terms }).then(
      (quote) => {
        mine.quote = quote;
        if (asked === mine) show(quote);
      },
      (error) => {
        const isByAgreement = error instanceof Refused && error.code === "no_tariff";
        if (asked === mine) fill(element, isByAgreement ? t("by_agreement") : errorText(error, texts));
      },
    );
  }

  /** @param {Quote} quote */
  function show({ fare, currency, distance_km, duration_minutes, eta_s }) {
    const money = texts.money(fare, currency);
    const way = `${texts.distance(distance_km * 1_000)}, ${texts.duration(duration_minutes * 60)}`;
    const near = typeof eta_s === "number" ? t("driver_in", { time: texts.duration(eta_s) }) : null;
    fill(element, el("strong", { class: "money", dir: "ltr" }, money), " ", el("span", { class: "muted" }, near ?? way));
    announcer.say(t("price_is", { money, way }));
  }

  return {
    element,
    ask(terms) {
      const written = JSON.stringify(terms);
      if (terms === null) {
        asked = null;
        return fill(element);
      }
      if (asked?.terms === written) return;
      if (town.has_tariff) return askFor(terms, written);
      asked = { terms: written, quote: null, came: Promise.resolve() };
      fill(element, t("by_agreement"));
    },
    async come() {
      await Promise.race([asked?.came, new Promise((resolve) => setTimeout(resolve, WAIT_MS))]);
      return asked?.quote?.quote_id ?? null;
    },
    forget() {
      asked = null;
    },
  };
}
