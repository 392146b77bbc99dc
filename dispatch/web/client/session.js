import { Emitter } from "./emitter.js";
import { NoAnswer, Refused } from "./errors.js";

/** Seconds before its end from which an access token is renewed before it is used. */
const RENEW_BEFORE_S = 10;
/** A request without an answer for so many milliseconds has none. */
const PATIENCE_MS = 15_000;
/** A clock that is wrong by less is right: answers tell whole seconds, and take a while. */
const CLOCK_OFF_MS = 60_000;

/**
 * @typedef {{ id: string, role: string, name: string, manager?: boolean }} Person
 * @typedef {{ access_token: string, expires_in: number, refresh_token?: string, person: Person }} Tokens
 * @typedef {{ request_id: string, expires_in: number, resend_in: number }} CodeSent
 * @typedef {{ body?: unknown, query?: Record<string, string | number | undefined>, idempotencyKey?: string, anybody?: boolean }} Asked
 *   `anybody`: the answer is the same whoever asks, so no token is shown
 */

/**
 * Who is logged in, and requests over HTTP in that person's name.
 *
 * Access tokens are kept in memory alone. The refresh token is a cookie that scripts cannot read, for pages of the server itself
 * (`page`), and `refreshToken` for other apps, which keep it where their system keeps secrets.
 *
 * @extends {Emitter<{ person: Person | null }>} `person` happens when somebody logs in or is logged out
 */
export class Session extends Emitter {
  /** @type {string | null} */
  #access = null;
  /** @type {number} */
  #endsAt = 0;
  /** @type {Promise<string | null> | null} */
  #renewing = null;
  #base;
  #page;
  #fetch;
  #now;

  /**
   * @param {object} options
   * @param {string} options.base the server, `https://dispatch.example`
   * @param {"passenger" | "driver" | "desk"} [options.page] for the server's own pages alone
   * @param {string | null} [options.refreshToken] of an earlier run of the app
   * @param {typeof globalThis.fetch} [options.fetch]
   * @param {() => number} [options.now] milliseconds that only grow
   */
  constructor({ base, page, refreshToken = null, fetch = globalThis.fetch, now = () => performance.now() }) {
    super();
    this.#base = base.replace(/\/+$/, "");
    this.#page = page;
    this.#fetch = fetch;
    this.#now = now;
    /** Who is logged in; null where nobody is, or where that is not known yet. @type {Person | null} */
    this.person = null;
    /** The refresh token, to be kept for the next start; null on pages and where nobody is logged in. */
    this.refreshToken = refreshToken;
    /** How many milliseconds the phone's clock is behind the server's; 0 where it is right, or nothing is known yet. */
    this.clockOffMs = 0;
  }

  /** Milliseconds since 1970 by the server's clock, as its answers told it. A phone's own may be wrong by an hour. */
  serverNow() {
    return Date.now() + this.clockOffMs;
  }

  /** The address of the server, without a slash at the end. */
  get base() {
    return this.#base;
  }

  /**
   * Has a login code sent to this phone. The answer is the same whether the number is on file or not.
   *
   * @param {{ phone: string, role?: "passenger" | "driver" | "staff" }} who
   * @returns {Promise<CodeSent>} seconds in `expires_in` and `resend_in`
   */
  async requestCode(who) {
    return this.#ask("POST", this.#auth("otp/request"), { body: who });
  }

  /**
   * Logs in with the code that came.
   *
   * @param {{ request_id: string, code: string }} answer
   * @returns {Promise<Person>}
   */
  async verifyCode({ request_id, code }) {
    return this.#take(await this.#ask("POST", this.#auth("otp/verify"), { body: { request_id, code } }));
  }

  /**
   * Logs in with a token that was handed over, as `dispatch token` prints it. It cannot be renewed.
   *
   * @param {string} token
   * @param {number} expiresInS seconds
   */
  useToken(token, expiresInS = 900) {
    this.#access = token;
    this.#endsAt = this.#now() + expiresInS * 1000;
  }

  /**
   * Who was logged in when the app last ran, by the refresh token or the page's cookie; null where nobody was.
   *
   * @returns {Promise<Person | null>}
   */
  async restore() {
    await this.renew();
    return this.person;
  }

  /**
   * A token that is good for some seconds yet, renewed where it must be; null where nobody is logged in.
   *
   * @returns {Promise<string | null>}
   */
  async accessToken() {
    if (this.#access !== null && this.#endsAt - this.#now() > RENEW_BEFORE_S * 1000) return this.#access;
    return this.renew();
  }

  /**
   * A newer access token; null where nobody is logged in any more. Several calls at once are one.
   *
   * @returns {Promise<string | null>}
   * @throws {NoAnswer} the server cannot be reached: whoever was logged in still is
   */
  renew() {
    this.#renewing ??= this.#inTurn(() => this.#renewed()).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** Logs out, here and on the server. */
  async logOut() {
    try {
      await this.#ask("POST", this.#auth("logout"), { body: this.#page ? {} : { refresh_token: this.refreshToken } });
    } finally {
      this.#forget();
    }
  }

  /**
   * Asks the server in the name of whoever is logged in. A token that ended just now is renewed, once.
   *
   * @param {"GET" | "POST" | "PATCH" | "PUT" | "DELETE"} method
   * @param {string} path under the server's address, `/api/me`
   * @param {Asked} [asked]
   * @returns {Promise<any>} the body; null where the answer has none
   * @throws {Refused | NoAnswer}
   */
  async request(method, path, asked = {}) {
    if (asked.anybody) return this.#ask(method, path, asked);
    try {
      return await this.#ask(method, path, asked, await this.accessToken());
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "token_expired") throw error;
      return this.#ask(method, path, asked, await this.renew());
    }
  }

  /** @param {string} name */
  #auth(name) {
    return this.#page ? `/api/auth/${this.#page}/${name}` : `/api/auth/${name}`;
  }

  /**
   * Tabs of one page share one cookie, and each renewal makes a new one: so they take turns.
   *
   * @template T
   * @param {() => Promise<T>} job
   * @returns {Promise<T>}
   */
  #inTurn(job) {
    const locks = this.#page ? globalThis.navigator?.locks : undefined;
    return locks ? /** @type {Promise<any>} */ (locks.request(`dispatch-${this.#page}`, job)) : job();
  }

  /** @returns {Promise<string | null>} */
  async #renewed() {
    if (!this.#page && this.refreshToken === null) {
      if (this.#endsAt <= this.#now()) this.#forget();
      return this.#access;
    }
    try {
      const body = this.#page ? {} : { refresh_token: this.refreshToken };
      const tokens = await this.#ask("POST", this.#auth("refresh"), { body });
      if (tokens === null) this.#forget();
      else this.#take(tokens);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error;
      this.#forget();
    }
    return this.#access;
  }

  /**
   * @param {Tokens} tokens
   * @returns {Person}
   */
  #take(tokens) {
    this.#access = tokens.access_token;
    this.#endsAt = this.#now() + tokens.expires_in * 1000;
    this.refreshToken = tokens.refresh_token ?? null;
    const another = this.person?.id !== tokens.person.id || this.person.role !== tokens.person.role;
    this.person = tokens.person;
    if (another) this.emit("person", this.person);
    return this.person;
  }

  #forget() {
    const was = this.person;
    this.#access = null;
    this.refreshToken = null;
    this.person = null;
    if (was !== null) this.emit("person", null);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Asked} asked
   * @param {string | null} [token]
   */
  async #ask(method, path, { body, query = {}, idempotencyKey }, token = null) {
    const url = new URL(this.#base + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
    let answer;
    let told;
    try {
      const fetch = this.#fetch;
      const signal = AbortSignal.timeout(PATIENCE_MS);
      answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
      told = answer.status === 204 ? null : await answer.json();
    } catch (cause) {
      throw new NoAnswer(`no answer from ${this.#base}: ${cause instanceof Error ? cause.message : cause}`);
    }
    const offMs = Date.parse(answer.headers.get("Date") ?? "") - Date.now();
    if (!Number.isNaN(offMs)) this.clockOffMs = Math.abs(offMs) < CLOCK_OFF_MS ? 0 : offMs;
    if (!answer.ok) throw new Refused({ ...told, status: answer.status });
    return told;
  }
}
