import { el } from "./dom.js";
import { button } from "./form.js";
import { LANGUAGES } from "./texts.js";
import { choose, chosen, showTheme, THEMES } from "./theme.js";

/** @typedef {{ label: string, run: () => void, test?: string }} Entry */

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
 * @returns {{ button: HTMLButtonElement, add(entry: Entry): HTMLButtonElement, logOut(run: () => Promise<void>): void, close(): void }}
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
    logOut(run) {
      leave.replaceChildren(button({ label: t.say("shell.log_out"), kind: "danger", test: "log-out", run }));
    },
  };
}

/** @param {import("./texts.js").Texts} texts */
function languageChoice(texts) {
  const select = el("select", { id: "language", test: "language" });
  for (const [value, name] of Object.entries(LANGUAGES)) {
    select.append(el("option", { value, lang: value, selected: value === texts.language }, name));
  }
  select.addEventListener("change", () => {
    choose("language", select.value);
    location.reload();
  });
  return el("div", { class: "field" }, el("label", { for: "language" }, texts.say("shell.language")), select);
}

/**
 * @param {import("./texts.js").Texts} texts
 * @param {() => void} endTheme
 */
function themeChoice(texts, endTheme) {
  const now = chosen("theme", THEMES, "auto");
  const names = {
    auto: texts.say("shell.theme_auto"),
    light: texts.say("shell.theme_light"),
    dark: texts.say("shell.theme_dark"),
    "hc-light": texts.say("shell.theme_hc_light"),
    "hc-dark": texts.say("shell.theme_hc_dark"),
  };
  const select = el("select", { id: "theme", test: "theme" });
  for (const theme of THEMES) select.append(el("option", { value: theme, selected: theme === now }, names[theme]));
  let end = endTheme;
  select.addEventListener("change", () => {
    const theme = /** @type {typeof now} */ (select.value);
    choose("theme", theme);
    end();
    end = showTheme(theme);
  });
  return el("div", { class: "field" }, el("label", { for: "theme" }, texts.say("shell.theme")), select);
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
