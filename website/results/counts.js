// Reading counts: who is ahead, shares, and the same table as `election results --format csv`. Pure.

/** Whether the service gives counts of candidates; before the close it may hold them back. */
export function hasCounts(contest) {
  return contest.candidates.some(({ votes }) => typeof votes === "number");
}

/** Most votes first; equal ones in the ballot's order. */
export function ranked({ candidates }) {
  return [...candidates].sort((a, b) => b.votes - a.votes);
}

/** Who is ahead: `{candidate}`, `{tie: true}`, or null without votes for a candidate. */
export function leader(contest) {
  if (!contest || !hasCounts(contest)) return null;
  const [first, second] = ranked(contest);
  if (!first?.votes) return null;
  return second?.votes === first.votes ? { tie: true } : { candidate: first };
}

/** The share of names written in, as the service computes the candidates' shares; null at zero votes. */
export function writeInPercent({ candidates, write_ins }) {
  const total = candidates.reduce((sum, { votes }) => sum + votes, write_ins);
  return total > 0 ? Math.round((write_ins * 10_000) / total) / 100 : null;
}

/** At most five steps of about as many places each: `[{from, to}]`, smallest first. */
export function steps(values) {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  const groups = Math.min(5, new Set(sorted).size);
  const bounds = Array.from({ length: groups }, (_, group) => sorted[Math.floor((group * sorted.length) / groups)]);
  const starts = [...new Set(bounds)];
  return starts.map((from, step) => ({
    from,
    to: sorted.findLast((value) => step + 1 === starts.length || value < starts[step + 1]),
  }));
}

export function csv({ jurisdictions }) {
  const rows = [["jurisdiction", "contest", "choice", "name", "party", "votes", "percent"]];
  for (const { id: place, contests } of jurisdictions) {
    for (const contest of contests) {
      for (const { id, name, party, votes, percent } of contest.candidates) {
        rows.push([place, contest.id, id, name, party, votes, decimal(percent)]);
      }
      const total = (choice, votes) => rows.push([place, contest.id, choice, "", "", votes, ""]);
      total("ballots-cast", contest.ballots_cast);
      total("write-in", contest.write_ins);
      total("undervotes", contest.undervotes);
      total("overvotes", contest.overvotes);
    }
  }
  return rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

function decimal(percent) {
  return Number.isInteger(percent) ? percent.toFixed(1) : percent;
}

function quoted(cell) {
  const text = String(cell ?? "");
  return /[,"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
