// Making elements. Text enters the page as text only, never as markup.

import { language, text, textLanguage } from "./messages.js";

/** An element with attributes (`class`, `hidden`, `onclick` …) and children (nodes, text). */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

/** A text of the definition, or one that somebody typed: of any direction, and in its own language. */
export function bdi(value, attributes = {}) {
  const tag = textLanguage(value);
  return el("bdi", { ...attributes, lang: tag === language() ? null : tag }, text(value));
}
