/** Opens a page: its words and colours, the bar, bands and regions that are read out, and somebody who is logged in. */

import { DispatchClient } from "../client/dispatch-client.js";
import { Refused } from "../client/errors.js";
import { Announcer } from "./announcer.js";
import { Bands } from "./bands.js";
import { el, fill, said } from "./dom.js";
import { errorText } from "./errors.js";
import { forget, forgetAll, keep, keepFor, recall } from "./keep.js";
import { guestForm, loginForm } from "./login.js";
import { makeMenu, Sound } from "./menu.js";
import { languageFor, LANGUAGES, loadTexts } from "./texts.js";
import { chosen, showTheme, THEMES } from "./theme.js";

/** Milliseconds between two tries to reach the server. */
const AGAIN_MS = 3_000;

/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("./login.js").PageName} PageName */
/**
 * @typedef {{
 *   name?: string, currency?: string, desk_phone?: string, emergency_phone?: string, time_zone?: string, sandbox?: boolean,
 *   bounds?: { south: number, west: number, north: number, east: number },
 *   vehicle_types: string[], has_tariff: boolean, auth: "on" | "off", alarm_unasked_s: number, alarm_waiting_s: number,
 *   schedule_lead_s: number, schedule_ahead_s: number,
 *   map?: { streets?: string, style_url?: string, pmtiles_url?: string },
 *   takes_cards?: boolean, free_cars?: boolean, cancelling?: { fee: number, free_s: number, late_s: number },
 * }} Town what `/api/town` tells
 */

/**
 * @typedef {{ id: string, role: string, name: string, phone?: string, manager?: boolean, guest: boolean }} Person
 *   `guest`: nobody has to log in on this server, and this is what somebody said of themselves
 * @typedef {ReturnType<typeof makeMenu>} Menu
 * @typedef {{
 *   client: DispatchClient, town: Town, texts: Texts, announcer: Announcer, main: HTMLElement, bar: HTMLElement, bands: Bands,
 *   person: Person, menu: Menu, sound: Sound,
 * }} Page `main` is empty, `bar` is the bar at the top
 */

/** @type {Promise<Page> | null} */
let opened = null;

/**
 * Builds what all pages have, and waits until somebody is logged in (or says who they are, where nobody has to).
 *
 * @param {object} options
 * @param {PageName} options.page
 * @param {string} options.title key of the text in the tab and, hidden to the eye, at the top of the page
 * @returns {Promise<Page>}
 */
export function openPage({ page, title }) {
  opened = frameWithPerson(page, title);
  return opened;
}

/**
 * The page that is being opened, for whatever is fetched meanwhile.
 *
 * @returns {Promise<Page>}
 */
export function openedPage() {
  if (!opened) throw new Error("no page was opened");
  return opened;
}

/**
 * @param {PageName} page
 * @param {string} title
 * @returns {Promise<Page>}
 */
async function frameWithPerson(page, title) {
  keepFiles(page);
  const frame = await openFrame({ page, title });
  const person = await somebody({ ...frame, page }, frame.town);
  fill(frame.main); // also of the sign that stood there before the words
  if (!person.guest) return { ...frame, person };
  // Where nobody logs in there is no cookie to renew a login by.
  const client = new DispatchClient({ base: location.origin });
  client.session.clockOffMs = frame.client.session.clockOffMs;
  return { ...frame, client, person };
}

/**
 * Has the service worker keep what a page for phones is made of, once the page stands.
 *
 * @param {PageName} page
 */
function keepFiles(page) {
  if (page === "desk" || !navigator.serviceWorker) return;
  const isFirst = navigator.serviceWorker.controller === null;
  addEventListener("load", async () => {
    try {
      await navigator.serviceWorker.register("/sw.js");
      const { active } = await navigator.serviceWorker.ready;
      if (active === null || !isFirst) return;
      // What the first visit fetches goes past the worker, which was not there at its beginning.
      active.postMessage([location.origin + location.pathname]);
      new PerformanceObserver((fetched) => active.postMessage(fetched.getEntries().map(({ name }) => name))).observe({ type: "resource", buffered: true });
    } catch {
      // A browser that does not allow it has no page without a link; all else is the same.
    }
  });
}

/**
 * Builds what all pages have. Nobody is logged in.
 *
 * @param {object} options
 * @param {PageName | "developer"} options.page
 * @param {string} options.title as of `openPage`
 * @returns {Promise<Omit<Page, "person">>}
 */
export async function openFrame({ page, title }) {
  keepFor(page);
  const endTheme = showTheme(chosen("theme", THEMES, "auto"));
  const languages = /** @type {(keyof typeof LANGUAGES)[]} */ (Object.keys(LANGUAGES));
  const language = chosen("language", languages, languageFor(navigator.languages));
  const client = new DispatchClient({ base: location.origin, page: page === "developer" ? undefined : page });
  const asked = client.town().catch((error) => error);
  const texts = await loadTexts(language, page);
  Object.assign(document.documentElement, { lang: language, dir: texts.direction });

  const sound = new Sound();
  const menu = makeMenu({ texts, sound, endTheme });
  const frame = buildFrame(texts, menu.button, texts.say(title));
  const parts = { client, texts, menu, sound, ...frame };

  const town = await theTown(parts, await asked);
  if (town.time_zone) texts.useTimeZone(town.time_zone);
  nameTown(parts, town, texts.say(title));
  return { ...parts, town };
}

/**
 * @param {Texts} texts
 * @param {HTMLElement} menuButton
 * @param {string} title
 */
function buildFrame(texts, menuButton, title) {
  const main = document.querySelector("main") ?? el("main", { id: "main", tabindex: "-1" });
  const polite = el("div", { class: "hidden-text", role: "status", "aria-live": "polite" });
  const assertive = el("div", { class: "hidden-text", role: "alert", "aria-live": "assertive" });
  const brand = el("strong", { class: "brand" }, title);
  const bar = el("div", { class: "bar" }, brand, menuButton);
  const bands = new Bands();
  const skip = el("a", { class: "skip", href: "#main" }, texts.say("shell.skip"));
  document.title = title;
  document.body.prepend(skip, el("header", {}, bar, bands.element), main, polite, assertive);
  return { main, bar, brand, bands, announcer: new Announcer(polite, assertive) };
}

/**
 * @param {{ bar: HTMLElement, brand: HTMLElement, texts: Texts }} parts
 * @param {Town} town
 * @param {string} title
 */
function nameTown({ bar, brand, texts }, town, title) {
  fill(brand, said(town.name ?? title));
  document.title = town.name ? `${title} · ${town.name}` : title;
  if (!town.sandbox) return;
  document.documentElement.dataset.sandbox = "";
  brand.after(el("span", { class: "sandbox-mark" }, texts.say("shell.sandbox")));
}

/**
 * What the server tells everybody. Without a link it is what this tab was told before, or is asked for until it comes.
 *
 * @param {{ client: DispatchClient, texts: Texts, bands: Bands }} parts
 * @param {any} answer of the first try, or why there is none
 * @returns {Promise<Town>}
 */
async function theTown({ client, texts, bands }, answer) {
  const since = new Date();
  let told = answer;
  while (told instanceof Error) {
    const kept = recall("town");
    if (kept !== null) return kept;
    bands.show("link", { kind: "warn", text: texts.say("shell.lost_trying", { time: texts.time(since) }) });
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    told = await client.town().catch((error) => error);
  }
  bands.hide("link");
  keep("town", told);
  return told;
}

/**
 * @param {{ page: PageName, client: DispatchClient, texts: Texts, bands: Bands, menu: Menu, main: HTMLElement, announcer: Announcer }} parts
 * @param {Town} town
 * @returns {Promise<Person>}
 */
async function somebody(parts, town) {
  if (town.auth === "off") return theGuest(parts);
  const { client, menu, texts, bands } = parts;
  let person = await restored(client).catch((error) => {
    bands.show("login", { kind: "danger", text: errorText(error, texts) });
    return null;
  });
  if (person === null && (recall("ended") !== null || recall("person") !== null)) bands.show("login", { kind: "info", text: texts.say("login.ended") });
  person ??= await loggedIn(parts, town);
  bands.hide("login");
  forget("ended");
  // What somebody else has left in this tab is nobody's business.
  const before = recall("person");
  if (before !== null && before.id !== person.id) {
    forgetAll();
    keep("town", town);
  }
  keep("person", person);
  let leaves = false;
  client.session.on("person", (now) => {
    if (now !== null && now.id === person.id) return;
    forgetAll();
    // Whoever did not leave by themselves is told why they have to log in.
    if (now === null && !leaves) keep("ended", true);
    location.reload();
  });
  menu.logOut(() => {
    leaves = true;
    return client.session.logOut().catch((error) => bands.show("login", { kind: "danger", text: errorText(error, texts) }));
  });
  return person;
}

/**
 * Who was logged in before, by the cookie; without a link whoever it was in this tab, until the server says otherwise.
 *
 * @param {DispatchClient} client
 * @returns {Promise<Person | null>}
 */
async function restored(client) {
  try {
    const person = await client.session.restore();
    return person && { ...person, guest: false };
  } catch (error) {
    const kept = recall("person");
    if (error instanceof Refused || kept === null) throw error;
    return kept;
  }
}

/**
 * @param {{ page: PageName, client: DispatchClient, texts: Texts, main: HTMLElement, announcer: Announcer }} parts
 * @param {Town} town
 * @returns {Promise<Person>}
 */
async function loggedIn({ page, client, texts, main, announcer }, town) {
  const sandbox = town.sandbox ? await import("./sandbox.js") : null;
  /** @type {{ element: HTMLElement, stop(): void } | undefined} */
  let strip;
  await new Promise((resolve) => {
    const done = () => resolve(undefined);
    const form = loginForm({ page, client, texts, announcer, done });
    strip = sandbox?.sandboxStrip({ page, client, texts, form });
    fill(main, el("div", { class: "gate stack wide" }, form.element, strip?.element));
  });
  strip?.stop();
  fill(main);
  main.focus();
  const person = client.session.person;
  if (person === null) throw new Error("a login was told, and nobody is logged in");
  return { ...person, guest: false };
}

/**
 * @param {{ page: PageName, texts: Texts, menu: Menu, main: HTMLElement }} parts
 * @returns {Promise<Person>}
 */
async function theGuest({ page, texts, menu, main }) {
  if (page === "desk") return { id: "desk", role: "staff", name: "", manager: true, guest: true };
  let guest = recall("guest");
  if (guest === null) {
    guest = await new Promise((resolve) => {
      fill(main, el("div", { class: "gate" }, guestForm({ texts, done: resolve }).element));
    });
    fill(main);
    main.focus();
    keep("guest", guest);
  }
  menu.logOut(async () => {
    forgetAll();
    location.reload();
  });
  return { id: guest.phone, role: page, name: guest.name, phone: guest.phone, guest: true };
}
