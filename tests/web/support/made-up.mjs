// Elections and results as the API tells them, of any size and phase, for pages whose answers a test makes up.

import { readFileSync } from "node:fs";

const states = readFileSync(new URL("../../../examples/us-president-2020/definition.toml", import.meta.url), "utf8");

/** The 51 jurisdictions of the example. */
export const STATES = [...states.matchAll(/\[\[jurisdictions\]\]\nid = "(.+)"\nname = \{ en = "(.+)" \}/g)].map(
  ([, id, name]) => ({ id, name: { en: name } }),
);

export const PRESIDENT = {
  id: "president",
  title: { en: "President", es: "Presidencia" },
  votes_allowed: 1,
  write_ins: 1,
  candidates: [
    { id: "rivera", name: "Elena Rivera", party: "Harbor" },
    { id: "okafor", name: "Samuel Okafor", party: "Meadow" },
    { id: "lind", name: "Greta Lind", party: "Summit" },
  ],
};

export const COUNCIL = {
  id: "council",
  title: { en: "Council", es: "Concejo" },
  votes_allowed: 3,
  write_ins: 0,
  candidates: Array.from({ length: 12 }, (_, place) => ({ id: `c${place}`, name: `Candidate ${place + 1}`, party: null })),
};

export function election({ jurisdictions = STATES, contests = [PRESIDENT], results = "live" } = {}) {
  return {
    election_hash: "00",
    phase: "open",
    regions: ["us-east-1", "us-west-2"],
    definition: {
      id: "test-2026",
      languages: ["en", "es"],
      title: { en: "Test election", es: "Elección de prueba" },
      opens_at: "2099-11-03T13:00:00Z",
      closes_at: "2099-11-04T01:00:00Z",
      results,
      jurisdictions,
      contests,
    },
  };
}

/** Votes that differ from place to place; `scale` 0 for none. */
export function results({ definition }, { phase = "open", status = "unofficial-partial", scale = 1, seq = 1 } = {}) {
  const secret = definition.results === "after-close" && ["pre-election", "open"].includes(phase);
  const votes = (place, candidate) => scale * (((place * 7919 + candidate * 104729) % 997) + 3 - candidate);
  const places = definition.jurisdictions.map(({ id, name }, place) => {
    const contests = definition.contests.map((contest) => ({ contest, votes: contest.candidates.map((_, c) => votes(place, c)) }));
    const ballots = Math.max(...contests.map(({ contest, votes }) => Math.ceil(sum(votes) / contest.votes_allowed)));
    return { id, name: name.en, ballots, contests };
  });
  const ballots = sum(places.map((place) => place.ballots));
  return {
    election: definition.id,
    election_hash: "00",
    phase,
    status,
    seq,
    last_updated: scale > 0 ? "2026-11-03T21:42:10.5Z" : null,
    tally_lag: 0,
    ballots_cast: ballots,
    contests: definition.contests.map((contest, index) =>
      counted(contest, contest.candidates.map((_, c) => sum(places.map((place) => place.contests[index].votes[c]))), ballots, secret),
    ),
    jurisdictions: places.map(({ id, name, ballots, contests }) => ({
      id,
      name,
      ballots_cast: ballots,
      contests: contests.map(({ contest, votes }) => counted(contest, votes, ballots, secret)),
    })),
  };
}

function counted(contest, votes, ballots, secret) {
  const total = sum(votes);
  const head = { id: contest.id, title: contest.title.en, ballots_cast: ballots };
  const counts = { overvotes: 0, undervotes: ballots * contest.votes_allowed - total, write_ins: 0 };
  const candidates = contest.candidates.map(({ id, name, party }, index) => {
    const percent = total > 0 ? Math.round((votes[index] * 10_000) / total) / 100 : null;
    return { id, name, party, ...(secret ? {} : { votes: votes[index], percent }) };
  });
  return { ...head, ...(secret ? {} : counts), candidates };
}

function sum(numbers) {
  return numbers.reduce((total, value) => total + value, 0);
}
