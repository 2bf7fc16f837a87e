// The map of the states: borders of us-atlas, already projected (Albers, with Alaska and Hawaii moved in),
// made coarse enough to be light and fine enough to be known at a glance. `results/states.js` has them by id.

import { createRequire } from "node:module";
import { feature } from "topojson-client";

const require = createRequire(import.meta.url);

/** In units of the map (975 × 610): how far a border may be off, the islands that are left out, and how
 *  large even the District of Columbia is drawn. */
const TOLERANCE = 0.9;
const SMALLEST_ISLAND = 8;
const SMALLEST_STATE = 9;

/** The ids that definitions use, by the numbers that the Census Bureau gave the states. */
const IDS = {
  "01": "al", "02": "ak", "04": "az", "05": "ar", "06": "ca", "08": "co", "09": "ct", 10: "de", 11: "dc",
  12: "fl", 13: "ga", 15: "hi", 16: "id", 17: "il", 18: "in", 19: "ia", 20: "ks", 21: "ky", 22: "la",
  23: "me", 24: "md", 25: "ma", 26: "mi", 27: "mn", 28: "ms", 29: "mo", 30: "mt", 31: "ne", 32: "nv",
  33: "nh", 34: "nj", 35: "nm", 36: "ny", 37: "nc", 38: "nd", 39: "oh", 40: "ok", 41: "or", 42: "pa",
  44: "ri", 45: "sc", 46: "sd", 47: "tn", 48: "tx", 49: "ut", 50: "vt", 51: "va", 53: "wa", 54: "wv",
  55: "wi", 56: "wy",
};

export default async function map() {
  const atlas = structuredClone(require("us-atlas/states-albers-10m.json"));
  const about = require("us-atlas/package.json");
  coarsen(atlas);
  const states = feature(atlas, atlas.objects.states).features.filter(({ id }) => id in IDS);
  const lines = states
    .map(({ id, geometry }) => `  ${IDS[id]}: "${path(geometry)}",\n`)
    .sort();
  return {
    "results/states.js":
      `// Made by build/map.mjs of us-atlas ${about.version}, ${about.license}: borders of the US Census Bureau.\n` +
      `export const WIDTH = 975;\nexport const HEIGHT = 610;\nexport const STATES = {\n${lines.join("")}};\n`,
  };
}

/** Simplifies each border once, so that both its states keep sharing it. */
function coarsen(atlas) {
  const { scale, translate } = atlas.transform;
  delete atlas.transform;
  atlas.arcs = atlas.arcs.map((arc) => {
    let [x, y] = [0, 0];
    const points = arc.map(([dx, dy]) => {
      [x, y] = [x + dx, y + dy];
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
    });
    return simplified(points);
  });
}

/** Douglas and Peucker: keeps the farthest point as long as it is farther off than the tolerance. */
function simplified(points) {
  const [first, last] = [points[0], points.at(-1)];
  let farthest = 0;
  let distance = TOLERANCE;
  points.forEach((point, index) => {
    const off = distanceTo(point, first, last);
    if (off > distance) [farthest, distance] = [index, off];
  });
  if (farthest === 0) return [first, last];
  return [...simplified(points.slice(0, farthest + 1)), ...simplified(points.slice(farthest)).slice(1)];
}

function distanceTo([x, y], [ax, ay], [bx, by]) {
  const length = Math.hypot(bx - ax, by - ay);
  if (length === 0) return Math.hypot(x - ax, y - ay);
  return Math.abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length;
}

/** Relative lines in whole units, whose rounding errors don't add up. */
function path(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const rings = polygons.map(([outline]) => outline).sort((a, b) => area(b) - area(a));
  if (area(rings[0]) < SMALLEST_STATE ** 2) return square(rings[0]);
  return rings.filter((ring, index) => index === 0 || area(ring) >= SMALLEST_ISLAND).map(ringPath).join("");
}

function square(ring) {
  const corner = [0, 1].map((axis) => {
    const along = ring.map((point) => point[axis]);
    return Math.round((Math.min(...along) + Math.max(...along) - SMALLEST_STATE) / 2);
  });
  return `M${corner}h${SMALLEST_STATE}v${SMALLEST_STATE}h-${SMALLEST_STATE}z`;
}

function ringPath(ring) {
  const rounded = ring.slice(0, -1).map((point) => point.map(Math.round));
  const steps = rounded.slice(1).map(([x, y], index) => [x - rounded[index][0], y - rounded[index][1]]);
  return `M${rounded[0]}l${steps.filter(([dx, dy]) => dx !== 0 || dy !== 0).join(" ")}z`;
}

function area(ring) {
  const doubled = ring.slice(1).reduce((sum, [x, y], index) => sum + ring[index][0] * y - x * ring[index][1], 0);
  return Math.abs(doubled) / 2;
}
