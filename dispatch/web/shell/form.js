import { el, fill } from "./dom.js";

/**
 * A field with its label above and, when something is wrong, the reason under it.
 *
 * @param {Record<string, any> & { id: string, label: string, hint?: string, test?: string }} options what is not named here is an attribute
 *   of the input
 * @returns {{ element: HTMLDivElement, input: HTMLInputElement, error(text: string | null): void }}
 */
export function field({ id, label, hint, test, ...attributes }) {
  const wrong = el("span", { class: "error", id: `${id}-wrong`, hidden: true });
  const help = hint ? el("span", { class: "hint", id: `${id}-hint` }, hint) : null;
  const described = [help && help.id, wrong.id].filter(Boolean).join(" ");
  const input = el("input", { id, test, type: "text", "aria-describedby": described, ...attributes });
  return {
    element: el("div", { class: "field" }, el("label", { for: id }, label), input, help, wrong),
    input,
    error(text) {
      wrong.hidden = text === null;
      fill(wrong, text);
      if (text === null) input.removeAttribute("aria-invalid");
      else input.setAttribute("aria-invalid", "true");
    },
  };
}

/**
 * A button. While a promise of `run` is open it is busy: it keeps the focus, and a second tap does nothing.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {"primary" | "accept" | "danger" | "plain" | ""} [options.kind]
 * @param {boolean} [options.big] for the driver's thumb
 * @param {boolean} [options.wide]
 * @param {string} [options.test]
 * @param {"button" | "submit"} [options.type]
 * @param {() => unknown} [options.run]
 */
export function button({ label, kind = "", big = false, wide = true, test, type = "button", run = () => {} }) {
  const made = el("button", { class: ["button", kind, big && "big", wide && "wide"].filter(Boolean).join(" "), type, test }, label);
  made.addEventListener("click", async () => {
    if (made.getAttribute("aria-disabled") === "true") return;
    const done = run();
    if (!(done instanceof Promise)) return;
    made.setAttribute("aria-disabled", "true");
    try {
      await done;
    } finally {
      made.removeAttribute("aria-disabled");
    }
  });
  return made;
}
