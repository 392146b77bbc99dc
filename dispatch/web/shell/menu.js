import { el } from "./dom.js";
import { button } from "./form.js";
import { LANGUAGES } from "./texts.js";
import { choose, chosen, showTheme, THEMES } from "./theme.js";

/** @typedef {{ label: string, run: () => void, test?: string }} Entry */
/**
 * @typedef {object} Choice
 * @property {string} id
 * @property {string} test
 * @property {string} label
 * @property {readonly { value: string, name: string, lang?: string }[]} options
 * @property {string} now
 * @property {(value: string) => void} run hears what was chosen
 */

/** Whether sounds are played: a choice of the menu. */
export class Sound {
  /** @type {Set<(on: boolean) => void>} */
  #listeners = new Set();

  constructor() {
    this.on = chosen("sound", ["on", "off"], "on") === "on";
  }

  /** @param {boolean} on */
  set(on) {
    this.on = on;
    choose("sound", on ? "on" : "off");
    for (const listener of this.#listeners) listener(on);
  }

  /** @param {(on: boolean) => void} listener */
  onChange(listener) {
    this.#listeners.add(listener);
  }
}

/**
 * The menu of a page: its own entries, then language, theme, sound and log out.
 *
 * @param {object} options
 * @param {import("./texts.js").Texts} options.texts
 * @param {Sound} options.sound
 * @param {() => void} options.endTheme ends the theme that is shown
 * @returns {{ button: HTMLButtonElement, add(entry: Entry): HTMLButtonElement, choice(choice: Choice): void, logOut(run: () => Promise<void>): void, close(): void }}
 */
export function makeMenu({ texts, sound, endTheme }) {
  const t = texts;
  const own = el("div", { class: "stack" });
  const leave = el("div", { class: "stack" });
  const opener = el("button", { class: "button menu-button", type: "button", test: "menu", "aria-haspopup": "dialog" }, t.say("shell.menu"));
  /** @type {HTMLDialogElement} */
  const dialog = el(
    "dialog",
    { "aria-labelledby": "menu-title" },
    el(
      "div",
      { class: "stack" },
      el("div", { class: "spread" }, el("h2", { id: "menu-title" }, t.say("shell.menu")), button({ label: t.say("shell.close"), wide: false, run: () => dialog.close() })),
      own,
      languageChoice(t),
      themeChoice(t, endTheme),
      soundChoice(t, sound),
      leave,
    ),
  );
  opener.addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  return {
    button: opener,
    close: () => dialog.close(),
    add({ label, run, test }) {
      const chosenEntry = () => {
        dialog.close();
        run();
      };
      const made = button({ label, test, run: chosenEntry });
      own.append(made);
      return made;
    },
    choice: (choice) => own.append(choiceField(choice)),
    logOut(run) {
      leave.replaceChildren(button({ label: t.say("shell.log_out"), kind: "danger", test: "log-out", run }));
    },
  };
}

/** @param {Choice} choice */
function choiceField({ id, test, label, options, now, run }) {
  const select = el("select", { id, test }, ...options.map(({ value, name, lang }) => el("option", { value, lang, selected: value === now }, name)));
  select.addEventListener("change", () => run(select.value));
  return el("div", { class: "field" }, el("label", { for: id }, label), select);
}

/** @param {import("./texts.js").Texts} texts */
function languageChoice(texts) {
  const run = (/** @type {string} */ language) => {
    choose("language", language);
    location.reload();
  };
  const options = Object.entries(LANGUAGES).map(([value, name]) => ({ value, name, lang: value }));
  return choiceField({ id: "language", test: "language", label: texts.say("shell.language"), options, now: texts.language, run });
}

/**
 * @param {import("./texts.js").Texts} texts
 * @param {() => void} endTheme
 */
function themeChoice(texts, endTheme) {
  const names = {
    auto: texts.say("shell.theme_auto"),
    light: texts.say("shell.theme_light"),
    dark: texts.say("shell.theme_dark"),
    "hc-light": texts.say("shell.theme_hc_light"),
    "hc-dark": texts.say("shell.theme_hc_dark"),
  };
  let end = endTheme;
  const run = (/** @type {string} */ value) => {
    const theme = /** @type {typeof THEMES[number]} */ (value);
    choose("theme", theme);
    end();
    end = showTheme(theme);
  };
  const options = THEMES.map((value) => ({ value, name: names[value] }));
  return choiceField({ id: "theme", test: "theme", label: texts.say("shell.theme"), options, now: chosen("theme", THEMES, "auto"), run });
}

/**
 * @param {import("./texts.js").Texts} texts
 * @param {Sound} sound
 */
function soundChoice(texts, sound) {
  const box = el("input", { type: "checkbox", test: "sound", checked: sound.on });
  box.addEventListener("change", () => sound.set(box.checked));
  sound.onChange((on) => {
    box.checked = on;
  });
  return el("label", { class: "choice" }, box, texts.say("shell.sound"));
}
