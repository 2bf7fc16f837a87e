// What operators see: the sums of `election status` and each region. Changed in place, so that a button keeps
// the focus while numbers change. Never a candidate's count.

import { el } from "../shared/elements.js";
import { number, t } from "../shared/messages.js";
import { chart } from "./chart.js";
import { rates, values } from "./history.js";

const SUMS = ["queued", "recorded", "repeats", "conflicts", "dead_letters"];
const PARTS = ["queue", "peer_queue", "ballot_box", "voter_roll", "tally"];

const byId = (id) => document.getElementById(id);
let cards = new Map();

/** Begins anew, in another language. */
export function clearBoard() {
  cards = new Map();
}

/** `act(action, name)` is called for the buttons. */
export function showBoard(overview, act) {
  showSums(overview.status);
  const elements = overview.regions.map((region, index) => {
    const card = cards.get(region.name) ?? regionCard(region.name, act);
    cards.set(region.name, card);
    card.show({ ...region, ...overview.status.regions[index] });
    return card.element;
  });
  const place = byId("regions");
  if (elements.some((element, index) => place.children[index] !== element)) place.replaceChildren(...elements);
}

function showSums(status) {
  const sum = SUMS.reduce((total, key) => total + status[key], 0);
  const agrees = sum === status.accepted;
  const sumOf = (key) => term(`sum-${key}`, el("dd", {}, number(status[key])));
  byId("sums").replaceChildren(
    el("dl", { class: "figures" }, ...["accepted", ...SUMS].map(sumOf)),
    el(
      "p",
      { class: agrees ? "good" : "bad" },
      t(agrees ? "sums-agree" : "sums-differ", { accepted: status.accepted, sum }),
    ),
    el("p", {}, t("copies", { copies: status.copies })),
    status.approximate ? el("p", {}, t("approximate")) : "",
  );
}

function term(message, definition) {
  return el("div", {}, el("dt", {}, t(message)), definition);
}

function regionCard(name, act) {
  const headingId = `region-${name}`;
  const state = el("span", { class: "state" });
  const health = el("p");
  const rate = el("dd");
  const recorded = el("dd");
  const speed = chart();
  const queue = chart();
  const cells = new Map();
  const figures = (keys) => {
    for (const key of keys) cells.set(key, el("dd"));
    return el("dl", { class: "figures" }, ...keys.map((key) => term(`region-${key}`, cells.get(key))));
  };
  const button = el("button", {
    type: "button",
    class: "secondary",
    onclick: () => act(button.dataset.action, name),
  });
  const element = el(
    "section",
    { class: "region", "aria-labelledby": headingId },
    el("h3", { id: headingId }, name, " ", state),
    health,
    el("dl", { class: "figures" }, term("accepted-rate", rate), term("recorded-rate", recorded)),
    speed.element,
    figures(["queued", "overdue", "tally_lag"]),
    queue.element,
    figures(["accepted", "recorded", "refused", "conflicts"]),
    button,
  );

  function show(region) {
    element.dataset.state = region.state;
    state.textContent = t(`state-${region.state}`);
    health.replaceChildren(...healthWords(region.health));
    const accepted = rates(name, "accepted");
    rate.textContent = perSecond(accepted.at(-1));
    recorded.textContent = perSecond(rates(name, "recorded").at(-1));
    speed.show(accepted);
    queue.show(values(name, "queued"));
    for (const [key, cell] of cells) cell.textContent = figure(key, region);
    button.hidden = region.state === "lost";
    button.dataset.action = region.state === "active" ? "fail" : "restore";
    button.textContent = t(`do-${button.dataset.action}`, { name });
  }

  return { element, show };
}

function perSecond(rate) {
  return rate === undefined ? "—" : number(rate, { maximumFractionDigits: rate < 10 ? 1 : 0 });
}

function figure(key, region) {
  if (key === "overdue") return region.overdue_ms === null ? "—" : t("seconds", { seconds: region.overdue_ms / 1000 });
  return region[key] === null ? "—" : number(region[key]);
}

function healthWords(health) {
  if (!health) return [t("health-none")];
  const failing = PARTS.filter((part) => health[part] !== "ok").map((part) => t(`part-${part}`));
  if (failing.length === 0) return [el("span", { class: "good" }, t("health-ok"))];
  return [el("span", { class: "bad" }, t("health-failing", { parts: failing.join(", ") }))];
}
