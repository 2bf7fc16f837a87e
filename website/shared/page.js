// What every page shares: making elements, the election's title, focus, the error summary.
// Text enters the page as text only, never as markup.

import { request } from "./api.js";

const LANGUAGE = "en";

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

/** A text of the definition: plain, or a map from language to text. */
export function text(value) {
  if (value == null) return "";
  if (typeof value === "string") return value;
  return value[LANGUAGE] ?? Object.values(value)[0] ?? "";
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`;
}

export function dateTime(instant) {
  return new Date(instant).toLocaleString("en-US", {
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  });
}

let election = null;

/** GET /election, with the title put in its place; null when it can't be had. */
export async function loadElection() {
  const { status, body } = await request("/election");
  if (status !== 200) return election;
  election = body;
  const title = text(election.definition?.title);
  if (title) document.getElementById("election-title").textContent = title;
  return election;
}

/** The title of the window; with `error`, prefixed as such. */
export function setTitle(title, error = false) {
  const name = text(election?.definition?.title) || "Election";
  document.title = `${error ? "Error: " : ""}${title} – ${name}`;
}

/** Shows problems, each `{message, field?}` (an element's id), in a summary that takes focus. */
export function showProblems(place, problems) {
  const lines = problems.map(({ message, field, onclick }) => {
    if (!field && !onclick) return el("li", {}, message);
    const go = (event) => {
      event.preventDefault();
      if (onclick) onclick();
      else document.getElementById(field)?.focus();
    };
    return el("li", {}, el("a", { href: `#${field ?? "main"}`, onclick: go }, message));
  });
  const summary = el(
    "div",
    { class: "problems", role: "alert", tabindex: "-1" },
    el("h2", {}, "There is a problem"),
    el("ul", {}, ...lines),
  );
  place.replaceChildren(summary);
  summary.focus();
}

/** What is wrong with a voter ID or receipt as typed, in words. */
export function typingProblem({ problem, length }, name, expected, source) {
  switch (problem) {
    case "empty":
      return `Enter your ${name}.`;
    case "symbol":
      return `Your ${name} has a character that is never used. It has only digits and letters, and never the letter U.`;
    case "length":
      return `Your ${name} must have ${expected} letters and digits. You entered ${length}.`;
    default:
      return `There is a typing mistake in your ${name}. Compare it with ${source}, one character at a time.`;
  }
}

// The skip link moves focus without touching the address.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
