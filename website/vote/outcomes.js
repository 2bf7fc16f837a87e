// What the voter reads when something was refused or the journey is over. Words only: knows
// no choices and sends nothing.

import { el, typingProblem } from "../shared/page.js";
import { receiptGroups } from "./receipt.js";

export const OFFICE = "the election office";

/** What to do about a refused voter ID, or null for any other code. */
export function eligibilityProblem(code) {
  switch (code) {
    case "voter-id-malformed":
      return typingProblem({ problem: "check" }, "voter ID", 15, "your letter");
    case "voter-not-found":
      return `This voter ID is not on the list of voters. Compare it with your letter. If it is the same, contact ${OFFICE}.`;
    case "voter-id-revoked":
      return `This voter ID was replaced by a newer one. Use the one on your latest letter, or contact ${OFFICE}.`;
    case "keys-destroyed":
      return "This election is over. Voter IDs are no longer in use.";
    default:
      return null;
  }
}

/** The heading and the content that end the journey, or null if the voter can go on. */
export function endingOf(outcome) {
  if (outcome.kind === "cast") return castEnding(outcome);
  if (outcome.kind === "unknown") {
    return [
      "We could not confirm your ballot",
      note("Your ballot may have been recorded, but we could not get your receipt."),
      el(
        "p",
        {},
        `Contact ${OFFICE}. It can see whether a ballot of yours was recorded, not how you voted.`,
      ),
    ];
  }
  switch (outcome.code) {
    case "already-voted":
    case "ballot-changed":
      return [
        "A ballot was already recorded",
        note("This ballot was not counted: another ballot was already recorded for this voter."),
        el(
          "p",
          {},
          "If you cast that one, you have its receipt and can ",
          el("a", { href: "/check" }, "check it"),
          `. If you have not voted before, contact ${OFFICE}.`,
        ),
      ];
    case "polls-closed":
      return [
        "The polls are closed",
        note("Your ballot was not cast, because the polls have closed."),
      ];
    case "other-definition":
      return [
        "The ballot has changed",
        note("Your ballot was not cast, because the ballot was changed meanwhile."),
        el("p", {}, el("a", { href: "/" }, "Start again with the new ballot")),
      ];
    default:
      return null;
  }
}

function castEnding({ receipt, matches }) {
  return [
    "Your ballot was cast",
    matches === false &&
      el(
        "div",
        { class: "problems", role: "alert" },
        el("h2", {}, "The receipt does not fit your ballot"),
        el(
          "p",
          {},
          "Your browser computed another receipt for the choices you made. ",
          `Keep this page open and tell ${OFFICE}.`,
        ),
      ),
    el("h2", {}, "Your receipt"),
    receipt
      ? el(
          "p",
          { class: "receipt code", id: "receipt" },
          ...receiptGroups(receipt).flatMap((group, at) => [at > 0 && " ", el("span", {}, group)]),
        )
      : el("p", {}, "The receipt that came back could not be read."),
    el(
      "p",
      {},
      "It does not show how you voted. Print it or write it down: this page forgets it when you leave.",
    ),
    matches && el("p", {}, "Your browser recomputed it: it fits the choices you made."),
    el(
      "p",
      { class: "actions" },
      el(
        "button",
        { type: "button", class: "secondary", onclick: () => print() },
        "Print this page",
      ),
    ),
    el(
      "p",
      {},
      "With the receipt you can ",
      el(
        "a",
        { href: "/check", target: "_blank", rel: "noopener" },
        "check that your ballot was recorded (opens in a new tab)",
      ),
      ", in a few minutes or at any later time. You need not do anything else.",
    ),
  ];
}

function note(message) {
  return el("p", { class: "note" }, el("strong", {}, message));
}
