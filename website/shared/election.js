// GET /election, and the texts of its definition in all languages for what the API's other answers name
// in one. Asks, remembers the last answer, changes nothing.

import { request } from "./api.js";
import { setDefinitionLanguage } from "./messages.js";

let election = null;

/** What is known of the election, or null: `{election_hash, phase, regions, definition}`. */
export function knownElection() {
  return election;
}

/** Asks anew. If there is no answer, what was known stays. */
export async function loadElection() {
  const { status, body } = await request("/election");
  if (status !== 200) return election;
  election = body;
  setDefinitionLanguage(election.definition?.languages?.[0]);
  return election;
}

/** The texts with all translations, for `text` and `bdi`; the API's own where there are none. */
export function jurisdictionName({ id, name }) {
  return find("jurisdictions", id)?.name ?? name;
}

export function contestTitle({ id, title }) {
  return find("contests", id)?.title ?? title;
}

export function candidateName(contest, { id, name }) {
  return find("contests", contest.id)?.candidates.find((candidate) => candidate.id === id)?.name ?? name;
}

function find(list, wanted) {
  return election?.definition?.[list]?.find(({ id }) => id === wanted);
}
