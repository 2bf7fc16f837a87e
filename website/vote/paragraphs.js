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

export function backButton() {
  return el("button", { type: "button", class: "secondary", id: "back", onclick: () => history.back() }, t("back"));
}
