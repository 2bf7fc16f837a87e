// The voter ID, the credential in the voter's letter: 14 symbols and a check symbol.
// Never put it in an address, in storage or in a log.

import { canonical, checkSymbol, wellFormed } from "../shared/crockford.js";

const LENGTH = 15;

/** `{voterId}`, or `{problem}`: "empty", "symbol", "length" (with `length`) or "check". */
export function parseVoterId(typed) {
  const symbols = canonical(typed);
  if (symbols === "") return { problem: "empty" };
  if (!wellFormed(symbols)) return { problem: "symbol" };
  if (symbols.length !== LENGTH) return { problem: "length", length: symbols.length };
  if (checkSymbol(symbols.slice(0, -1)) !== symbols.at(-1)) return { problem: "check" };
  return { voterId: symbols };
}

/** In three groups of five, as in the letter. */
export function formatVoterId(voterId) {
  return voterId.match(/.{1,5}/g).join("-");
}
