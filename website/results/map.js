// The map of the states: geographic where there is room, a grid of tiles where there isn't. It is one picture,
// for which the table stands in; a click on a state leads to its page.

import { candidateName, jurisdictionName } from "../shared/election.js";
import { bdi, el } from "../shared/elements.js";
import { number, t, text } from "../shared/messages.js";
import { colour, percentage } from "./contests.js";
import { leader, steps } from "./counts.js";

const TILES = `
ak .. .. .. .. .. .. .. .. .. me
.. .. .. .. .. wi .. .. .. vt nh
wa id mt nd mn il mi .. ny ma ri
or nv wy sd ia in oh pa nj ct ..
ca ut co ne mo ky wv va md de ..
.. az nm ks ar tn nc sc dc .. ..
.. .. .. ok la ms al ga .. .. ..
hi .. .. tx .. .. .. .. fl .. ..`
  .trim()
  .split("\n")
  .map((line) => line.split(" "));
const STATES = new Set(TILES.flat().filter((id) => id !== ".."));
const TILE = 40;
const WIDE = matchMedia("(min-width: 48rem)");
const SVG = "http://www.w3.org/2000/svg";

/** Whether these jurisdictions are states, and more than one. */
export function hasMap(jurisdictions) {
  return jurisdictions.length > 1 && jurisdictions.every(({ id }) => STATES.has(id));
}

/** The map with its legend, and the function that shows counts in it. */
export function jurisdictionMap() {
  const picture = el("div", { class: "picture" });
  const legend = el("ul", { class: "legend" });
  const element = el("div", { class: "map" }, picture, legend);
  let latest = null;
  let drawn = null;

  async function draw() {
    drawn = WIDE.matches ? await geographic() : tiles();
    picture.replaceChildren(drawn.svg);
    drawn.svg.addEventListener("click", ({ target }) => {
      const id = target.closest("[data-id]")?.dataset.id;
      if (id && latest?.[0].some((jurisdiction) => jurisdiction.id === id)) location.hash = `#/${id}`;
    });
    if (latest) show(...latest);
  }

  /** `contest` as in the table. */
  function show(jurisdictions, contest) {
    latest = [jurisdictions, contest];
    if (!drawn) return;
    const { areas, entries } = contest ? leaders(jurisdictions, contest) : turnout(jurisdictions);
    drawn.svg.setAttribute("aria-label", t(contest ? "map-leaders" : "map-turnout"));
    for (const [id, shape] of drawn.shapes) {
      const area = areas.get(id);
      shape.setAttribute("class", `state ${area?.className ?? "absent"}`);
      shape.querySelector("title").textContent = area?.label ?? "";
    }
    legend.replaceChildren(
      ...entries.map(({ className, label }) => el("li", {}, el("span", { class: `swatch ${className}` }), label)),
    );
  }

  WIDE.addEventListener("change", draw);
  draw();
  return { element, show };
}

// ---- What the colours say

function leaders(jurisdictions, contest) {
  const areas = new Map();
  const led = new Map(); // candidate's id, "tie" or "none" → how many jurisdictions
  for (const jurisdiction of jurisdictions) {
    const ahead = leader(jurisdiction.contests.find(({ id }) => id === contest.id));
    const candidate = ahead?.candidate;
    const key = candidate?.id ?? (ahead ? "tie" : "none");
    led.set(key, (led.get(key) ?? 0) + 1);
    const says = candidate
      ? `${text(candidateName(contest, candidate))} ${percentage(candidate.percent)}`
      : t(ahead ? "tie" : "no-votes-yet");
    areas.set(jurisdiction.id, {
      className: candidate ? colour(contest, candidate.id) : key,
      label: `${text(jurisdictionName(jurisdiction))}: ${says}`,
    });
  }
  const entries = contest.candidates
    .filter(({ id }) => led.has(id))
    .sort((a, b) => led.get(b.id) - led.get(a.id))
    .map((candidate) => ({
      className: colour(contest, candidate.id),
      label: legendLabel(bdi(candidateName(contest, candidate)), led.get(candidate.id)),
    }));
  if (led.has("tie")) entries.push({ className: "tie", label: legendLabel(t("tie"), led.get("tie")) });
  if (led.has("none")) entries.push({ className: "none", label: legendLabel(t("no-votes-yet"), led.get("none")) });
  return { areas, entries };
}

function legendLabel(name, count) {
  return el("span", {}, name, ` ${number(count)}`);
}

function turnout(jurisdictions) {
  const scale = steps(jurisdictions.map(({ ballots_cast }) => ballots_cast));
  const className = (ballots) => {
    const step = scale.findLastIndex(({ from }) => ballots >= from);
    return step < 0 ? "none" : `turnout-${step + 6 - scale.length}`;
  };
  const areas = new Map(
    jurisdictions.map((jurisdiction) => {
      const ballots = jurisdiction.ballots_cast;
      const label = `${text(jurisdictionName(jurisdiction))}: ${t("contest-ballots", { ballots })}`;
      return [jurisdiction.id, { className: className(ballots), label }];
    }),
  );
  const entries = scale.map(({ from, to }) => ({
    className: className(from),
    label: from === to ? number(from) : `${number(from)}–${number(to)}`,
  }));
  if (jurisdictions.some(({ ballots_cast }) => ballots_cast === 0)) entries.unshift({ className: "none", label: "0" });
  return { areas, entries };
}

// ---- Drawing

async function geographic() {
  const { WIDTH, HEIGHT, STATES: paths } = await import("./states.js");
  const shapes = new Map(Object.entries(paths).map(([id, d]) => [id, group(id, shape("path", { d }))]));
  return drawing(WIDTH, HEIGHT, shapes);
}

function tiles() {
  const shapes = new Map();
  TILES.forEach((line, row) =>
    line.forEach((id, column) => {
      if (id === "..") return;
      const [x, y] = [column * TILE + 1, row * TILE + 1];
      const square = shape("rect", { x, y, width: TILE - 2, height: TILE - 2, rx: 3 });
      const name = shape("text", { x: x + TILE / 2 - 1, y: y + TILE / 2 + 4 });
      name.textContent = id.toUpperCase();
      shapes.set(id, group(id, square, name));
    }),
  );
  return drawing(TILES[0].length * TILE, TILES.length * TILE, shapes);
}

function drawing(width, height, shapes) {
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  svg.append(...shapes.values());
  return { svg, shapes };
}

function group(id, ...children) {
  const element = shape("g", { "data-id": id });
  element.append(shape("title"), ...children);
  return element;
}

function shape(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
