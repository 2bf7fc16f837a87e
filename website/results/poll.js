// Asking for the results, again and again: the tag spares what hasn't changed, jitter spreads the readers,
// and a failure turns to another region. Remembers the newest answer; shows nothing itself.

import { pauseMs, regionPrefix, regionsAfter, request, settles } from "../shared/api.js";
import { knownElection } from "../shared/election.js";

const POLL_MS = 2_000;
/** Certified results don't change any more. */
const POLL_CERTIFIED_MS = 60_000;

let results = null;
let etag = null;
let failures = 0;
let answeredAt = null; // when the service last answered
let paused = false;
let timer = null;
let changed = () => {};

/** The newest results, or null. */
export function newest() {
  return results;
}

/** How fresh they are: `{answeredAt, failing, paused}`. */
export function freshness() {
  return { answeredAt, failing: failures > 0, paused };
}

/** `onChange(isNew)` is called after each answer and each failure; `isNew` tells whether the results changed. */
export function startPolling(onChange) {
  changed = onChange;
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && timer === null) schedule(0);
  });
  addEventListener("online", () => schedule(0));
  schedule(0);
}

export function setPaused(wanted) {
  paused = wanted;
  schedule(0);
  changed(false);
}

async function poll() {
  const regions = regionsAfter(knownElection()?.regions ?? [], null);
  // Each failure turns to another region, which has a tag of its own.
  const region = failures > 0 ? regions[(failures - 1) % regions.length] : undefined;
  const answer = await request(`${region ? regionPrefix(region) : ""}/votes`, { etag });
  if (paused) return;
  let isNew = false;
  if (settles(answer) && answer.status < 400) {
    failures = 0;
    answeredAt = new Date();
    if (answer.status === 200) {
      etag = answer.etag;
      isNew = !isOlder(answer.body);
      if (isNew) results = answer.body;
    }
    const pace = results?.status === "certified" ? POLL_CERTIFIED_MS : POLL_MS;
    schedule(pace * (0.75 + Math.random() / 2));
  } else {
    failures += 1;
    etag = null;
    schedule(POLL_MS + pauseMs(failures, answer.retryAfterMs));
  }
  changed(isNew);
}

/** Another region may be behind the one that answered before. */
function isOlder(other) {
  return results !== null && other.status === results.status && other.seq < results.seq;
}

function schedule(ms) {
  clearTimeout(timer);
  // Nobody looks at a hidden page.
  timer = paused || document.hidden ? null : setTimeout(poll, ms);
}
