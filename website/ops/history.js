// The last minutes, kept while the page is open: rates are differences, computed with the server's clock.

const LONGEST = 150;
/** Rates are over this many answers, so that they don't flicker. */
const SPAN = 3;

let samples = []; // [{elapsed_ms, regions: {name: {accepted, queued, …}}}]

export function remember({ elapsed_ms, status, regions }) {
  // A server that was started anew counts from zero.
  if (elapsed_ms < (samples.at(-1)?.elapsed_ms ?? 0)) samples = [];
  const byName = regions.map((region, index) => [region.name, { ...region, ...status.regions[index] }]);
  samples.push({ elapsed_ms, regions: Object.fromEntries(byName) });
  samples = samples.slice(-LONGEST);
}

export function forget() {
  samples = [];
}

/** What grew per second, as one number for each answer but the first. */
export function rates(region, key) {
  return samples.slice(1).map((sample, index) => {
    const before = samples[Math.max(0, index + 1 - SPAN)];
    const seconds = (sample.elapsed_ms - before.elapsed_ms) / 1000;
    const grown = (sample.regions[region]?.[key] ?? 0) - (before.regions[region]?.[key] ?? 0);
    return seconds > 0 ? Math.max(grown / seconds, 0) : 0;
  });
}

export function values(region, key) {
  return samples.map((sample) => sample.regions[region]?.[key] ?? 0);
}
