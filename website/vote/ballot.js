// A voter's choices and the content of the ballot made of them. In memory only; the content
// must be, byte for byte, what the service records, or the receipt could not be recomputed.

/** No choice made: `chosen` are candidates' ids, `written` the lines as typed. */
export function blankChoices(contests) {
  return new Map(
    contests.map((contest) => [
      contest.id,
      { chosen: new Set(), written: Array(contest.write_ins ?? 0).fill("") },
    ]),
  );
}

/** A write-in as it is sent: NFC, white space collapsed, nothing at the ends. */
export function writeIn(typed) {
  return typed
    .normalize("NFC")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}

export function writeIns(choice) {
  return choice.written.map(writeIn).filter((name) => name !== "");
}

export function votesUsed(choice) {
  return choice.chosen.size + writeIns(choice).length;
}

/** The line that repeats another line's name, or -1. */
export function repeatedWriteIn(choice) {
  const names = choice.written.map((typed) => writeIn(typed).toLowerCase());
  return names.findIndex((name, line) => name !== "" && names.indexOf(name) < line);
}

/** Compact JSON: contests and candidates in the ballot's order, then write-ins in the order
 *  entered; contests left blank are left out. */
export function ballotContent(contests, choices) {
  // Written by hand because JSON.stringify moves ids that look like numbers to the front.
  const entries = contests
    .filter((contest) => votesUsed(choices.get(contest.id)) > 0)
    .map((contest) => {
      const choice = choices.get(contest.id);
      const selected = [
        ...contest.candidates.map(({ id }) => id).filter((id) => choice.chosen.has(id)),
        ...writeIns(choice).map((name) => ({ write_in: name })),
      ];
      return `${JSON.stringify(contest.id)}:${JSON.stringify(selected)}`;
    });
  return `{${entries.join(",")}}`;
}

/** A UUID version 4. `crypto.randomUUID` would need a secure context. */
export function newBallotId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
