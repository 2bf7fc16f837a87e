// Crockford base32 as voter IDs and receipts use it: reading what a person typed, and the
// check symbol. Knows nothing of what the symbols mean; never sends or stores them.

export const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// Spaces and hyphens of every kind that pasting brings along.
const IGNORED = /[\s\-\u00ad\u200b-\u200d\u2010-\u2015\u2212\ufeff]/gu;

/** Upper case, without spaces and hyphens, with O read as 0 and I and L as 1. */
export function canonical(typed) {
  return typed
    .replace(IGNORED, "")
    .replace(/[a-z]/g, (letter) => letter.toUpperCase())
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");
}

/** Whether every character is one of the 32 symbols (U is not). */
export function wellFormed(symbols) {
  return [...symbols].every((symbol) => SYMBOLS.includes(symbol));
}

/** The check symbol, in GF(32) with x^5 + x^2 + 1: finds every substitution of one symbol
 *  and every transposition of neighbours. */
export function checkSymbol(symbols) {
  let check = 0;
  for (const symbol of symbols) {
    check = (check ^ SYMBOLS.indexOf(symbol)) << 1;
    if (check & 32) check ^= 0x25;
  }
  return SYMBOLS[check];
}

/** The bytes that the symbols hold, or null if the padding bits are not zero. */
export function decode(symbols) {
  const bytes = new Uint8Array(Math.floor((symbols.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const symbol of symbols) {
    held = (held << 5) | SYMBOLS.indexOf(symbol);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  return held === 0 ? bytes : null;
}
