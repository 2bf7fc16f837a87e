// The HTTP API as the pages use it: one request with a time-out, and one that keeps asking
// through the regions. Never logs, never stores, never puts what it sends into the page's address.

import { apiAddress } from "./config.js";

const TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** One request. Never throws: a lost, late or unreadable answer has `status` 0.
 *  Answers `{status, code, body, region, etag, retryAfterMs}`. */
export async function request(path, { method = "GET", body, etag, timeoutMs = TIMEOUT_MS } = {}) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  const headers = { accept: "application/json, application/problem+json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (etag) headers["if-none-match"] = etag;
  try {
    const response = await fetch((await apiAddress()) + path, {
      method,
      body,
      headers,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: abort.signal,
    });
    const answer = {
      status: response.status,
      region: response.headers.get("x-election-region"),
      etag: response.headers.get("etag"),
      retryAfterMs: retryAfter(response.headers.get("retry-after")),
    };
    const text = await response.text();
    if (response.status !== 304) {
      const parsed = parse(text);
      // What isn't the API's JSON comes from something on the way: not an answer.
      if (parsed === null) return { ...answer, status: response.ok ? 0 : response.status };
      answer.body = parsed;
      answer.code = parsed.code;
    }
    return answer;
  } catch {
    return { status: 0 };
  } finally {
    clearTimeout(timer);
  }
}

/** Asks until there is an answer that settles the matter, or `attempts` are used up: first
 *  the nearest region, then each by name, starting after `home`. The caller sees to it that
 *  asking twice does no harm. `onRetry(n)` is called before each further attempt. */
export async function requestAnywhere(path, options, { regions = [], home, attempts, onRetry }) {
  const order = regionsAfter(regions, home);
  let answer;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (attempt > 0) {
      onRetry?.(attempt);
      await pause(pauseMs(attempt, answer.retryAfterMs));
    }
    const region = order[(attempt - 1) % order.length];
    const prefix = attempt === 0 || !region ? "" : regionPrefix(region);
    answer = await request(prefix + path, options);
    if (settles(answer)) break;
  }
  return answer;
}

export function regionPrefix(region) {
  return `/regions/${encodeURIComponent(region)}`;
}

/** Whether this is the service's word: not a lost answer, nor "later", nor a proxy's page. */
export function settles({ status, code }) {
  if (status === 0 || status === 408 || status === 429 || status >= 500) return false;
  return status < 400 || typeof code === "string";
}

/** The regions in order, from the one after `home` round to `home` itself. */
export function regionsAfter(regions, home) {
  const next = regions.indexOf(home) + 1;
  return [...regions.slice(next), ...regions.slice(0, next)];
}

/** Doubling pauses, at least what the service asked for up to a cap, and up to a half more,
 *  so that browsers which failed together don't come back together. */
export function pauseMs(attempt, retryAfterMs = 0) {
  const doubling = FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 10);
  const wanted = Math.min(Math.max(doubling, retryAfterMs), LONGEST_PAUSE_MS);
  return wanted * (1 + Math.random() / 2);
}

/** Waits; the network coming back ends the wait. */
export function pause(ms) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
  });
}

function retryAfter(header) {
  if (!header) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(ms, 0) : 0;
}

function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
