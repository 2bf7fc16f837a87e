// Paragraphs that several steps are made of.

import { el } from "../shared/elements.js";
import { t } from "../shared/messages.js";
import { withPreferences } from "../shared/preferences.js";

/** A sentence that stands out. */
export function note(message) {
  return el("p", { class: "note" }, el("strong", {}, message));
}

export function link(href, label, attributes = {}) {
  return el("p", {}, el("a", { href: withPreferences(href), ...attributes }, label));
}

/** A button that can't be hit by the second half of a double click meant for the step before. */
export function armed(button) {
  button.disabled = true;
  setTimeout(() => (button.disabled = false), ARMING_MS);
  return button;
}

const ARMING_MS = 500;

export function backButton() {
  return el("button", { type: "button", class: "secondary", id: "back", onclick: () => history.back() }, t("back"));
}
