// A voter's receipt: reading what was typed, showing it, and recomputing it from the ballot
// that was cast. A receipt says where the ballot is and what it must hash to, not what it says.

import { canonical, checkSymbol, decode, wellFormed } from "../shared/crockford.js";

const VERSION = "1";
const LENGTH = 36; // version, 34 symbols, check symbol
const BALLOT_KEY_BYTES = 12;
const BALLOT_FORMAT = 1;

/** `{receipt, bytes}`, or `{problem}`: "empty", "symbol", "length" (with `length`) or "check". */
export function parseReceipt(typed) {
  const symbols = canonical(typed);
  if (symbols === "") return { problem: "empty" };
  if (!wellFormed(symbols)) return { problem: "symbol" };
  if (symbols.length !== LENGTH) return { problem: "length", length: symbols.length };
  // The check symbol covers the version as well.
  if (checkSymbol(symbols.slice(0, -1)) !== symbols.at(-1)) return { problem: "check" };
  const bytes = decode(symbols.slice(1, -1));
  if (symbols[0] !== VERSION || bytes === null) return { problem: "check" };
  return { receipt: symbols, bytes };
}

/** Nine groups of four symbols. */
export function receiptGroups(receipt) {
  return receipt.match(/.{1,4}/g);
}

/** Whether the receipt is that of this ballot; null where the browser can't compute it
 *  (`crypto.subtle` exists in secure contexts only). */
export async function receiptMatches({ bytes, electionHash, ballotId, content }) {
  if (!globalThis.crypto?.subtle) return null;
  const input = [
    ...new TextEncoder().encode("election/ballot/1"),
    0,
    ...fromHex(electionHash),
    ...bytes.slice(0, BALLOT_KEY_BYTES),
    ...fromHex(ballotId.replaceAll("-", "")),
    BALLOT_FORMAT,
    ...new TextEncoder().encode(content),
  ];
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(input)));
  return bytes.slice(BALLOT_KEY_BYTES).every((byte, at) => byte === digest[at]);
}

function fromHex(hex) {
  return (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}
