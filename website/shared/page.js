// What every page has: its frame in the reader's language, language and text size, the election's title,
// focus, the error summary, the visitor counter, and words for a site that isn't set up.

import { request } from "./api.js";
import { apiAddress, ConfigurationError } from "./config.js";
import { knownElection, loadElection } from "./election.js";
import { bdi, el } from "./elements.js";
import { LANGUAGES, language, loadMessages, onLanguage, setLanguage, t, text } from "./messages.js";
import { keepPreferences, prefer, preference } from "./preferences.js";

const SIZES = ["normal", "large", "largest"];

let title = null;

/** Starts a page: `site` is its messages' folder, `show()` puts up its content. `show` is called once the
 *  messages are there, and again when the election is known and when the language changes. */
export async function startPage(site, show) {
  applyTextSize(preference("size"));
  try {
    await Promise.all([loadMessages(site), apiAddress()]);
  } catch (error) {
    return refuse(error);
  }
  const showAll = () => {
    translateFrame();
    show();
  };
  onLanguage(showAll);
  addEventListener("popstate", keepPreferences);
  showAll();
  await Promise.all([loadElection().then((election) => election && showAll()), countVisit()]);
}

/** Without messages or an API there is nothing to show but that. */
async function refuse(error) {
  const kind = error instanceof ConfigurationError ? error.message : "unreachable";
  await loadMessages().catch(() => {});
  const words = {
    missing: "The file config.json is missing.",
    wrong: "The file config.json is not as it must be.",
    unreachable: "Part of this site could not be loaded. Check your connection, then reload the page.",
  };
  console.warn(words[kind]);
  const say = (id, english) => (t(id) === id ? english : t(id));
  document.getElementById("main").replaceChildren(
    el("h1", {}, say("site-broken", "This site cannot be used right now")),
    el("p", { class: "note warning", role: "alert" }, say(`config-${kind}`, words[kind])),
  );
}

// ---- The frame

/** The texts of elements with `data-t`, labels of those with `data-label`, the controls, the title. */
function translateFrame() {
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", t(element.dataset.label));
  showControls();
  showVisits();
  const name = knownElection()?.definition?.title;
  document.getElementById("election-title").replaceChildren(name ? bdi(name) : t("election"));
  if (title) setTitle(...title);
  keepPreferences();
}

function showControls() {
  const place = document.getElementById("controls");
  const focused = place.contains(document.activeElement) ? document.activeElement.id : null;
  place.replaceChildren(
    control("language", Object.entries(LANGUAGES), language(), setLanguage, (code) => ({ lang: code })),
    control(
      "text-size",
      SIZES.map((size) => [size, "A"]),
      document.documentElement.dataset.size ?? SIZES[0],
      setTextSize,
      (size) => ({ "aria-label": t(`text-size-${size}`), class: `size-${size}` }),
    ),
  );
  if (focused) document.getElementById(focused)?.focus();
}

/** A group of buttons of which one is pressed. */
function control(name, options, pressed, choose, attributes) {
  const buttons = options.map(([value, label]) =>
    el(
      "button",
      {
        type: "button",
        id: `${name}-${value}`,
        "aria-pressed": String(value === pressed),
        onclick: () => choose(value),
        ...attributes(value),
      },
      label,
    ),
  );
  return el("div", { role: "group", class: "control", "aria-label": t(name) }, ...buttons);
}

function applyTextSize(size) {
  if (SIZES.includes(size)) document.documentElement.dataset.size = size;
}

function setTextSize(size) {
  applyTextSize(size);
  prefer("size", size);
  showControls();
}

// ---- Titles and problems

/** The title of the window; with `error`, prefixed as such. */
export function setTitle(page, error = false) {
  title = [page, error];
  const name = text(knownElection()?.definition?.title) || t("election");
  document.title = `${error ? `${t("error")}: ` : ""}${page} – ${name}`;
}

/** Shows problems, each `{message, field?, onclick?}` (`field` is an element's id), in a summary. */
export function showProblems(place, problems, { focus = true } = {}) {
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
    el("h2", {}, t("problems")),
    el("ul", {}, ...lines),
  );
  place.replaceChildren(...(problems.length > 0 ? [summary] : []));
  if (focus && problems.length > 0) summary.focus();
}

// ---- The visitor counter

let visits = null;

/** A visit is what one tab sees of the site: its name, which is kept nowhere else, remembers. */
async function countVisit() {
  if (!document.getElementById("visits")) return;
  const method = window.name === "visited" ? "GET" : "POST";
  window.name = "visited";
  const { status, body } = await request("/visits", { method });
  if (status === 200) visits = body.visits;
  showVisits();
}

function showVisits() {
  const place = document.getElementById("visits");
  if (place && visits !== null) place.textContent = t("visits", { visits });
}

// The skip link moves focus without touching the address.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
