/** The server did not do what was asked. `code` is for programs and does not change; `message` is for people. */
export class Refused extends Error {
  /**
   * @param {Record<string, any>} told an `error` frame, or the problem that HTTP answered, with its `status`
   */
  constructor(told) {
    super(told.message ?? "the server refused this without a word");
    this.name = "Refused";
    /** One of the codes of the wire protocol. */
    this.code = told.code ?? "internal";
    /** The field that is wrong, where there is one. */
    this.field = told.field ?? null;
    /** The status of HTTP; null where a socket answered. */
    this.status = told.status ?? null;
    /** Milliseconds after which it may be tried again; null where the server does not say. */
    this.retryAfterMs = told.retry_after_ms ?? null;
    /** After a wrong pin: how many more lock the ride; null elsewhere. */
    this.triesLeft = told.tries_left ?? null;
  }
}

/** There was no answer: no link, or the connection has ended for good. What was asked may or may not have been done. */
export class NoAnswer extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "NoAnswer";
  }
}
