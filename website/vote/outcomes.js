// What the voter reads when something was refused or the journey is over. Words only: knows
// no choices and sends nothing.

import { el } from "../shared/elements.js";
import { t } from "../shared/messages.js";
import { link, note } from "./paragraphs.js";
import { receiptCard } from "./receipt-card.js";

/** The message for a refused voter ID, or undefined for any other code. */
export function voterIdProblem(code) {
  return {
    "voter-id-malformed": "voter-id-check",
    "voter-not-found": "voter-id-unknown",
    "voter-id-revoked": "voter-id-replaced",
    "keys-destroyed": "election-over",
  }[code];
}

/** The heading and the content that end the journey, or null if the voter can go on. */
export function endingOf(outcome) {
  if (outcome.kind === "cast") return castEnding(outcome);
  if (outcome.kind === "unknown") {
    return [t("unconfirmed"), note(t("unconfirmed-text")), el("p", {}, t("unconfirmed-what-to-do"))];
  }
  switch (outcome.code) {
    case "already-voted":
    case "ballot-changed":
      return [
        t("another-recorded"),
        note(t("another-recorded-text")),
        el("p", {}, t("another-recorded-what-to-do")),
        link("/check", t("check-my-ballot")),
      ];
    case "polls-closed":
      return [t("polls-closed"), note(t("polls-closed-text"))];
    case "other-definition":
      return [t("ballot-changed"), note(t("ballot-changed-text")), link("/", t("start-again"))];
    default:
      return null;
  }
}

function castEnding({ receipt, matches }) {
  return [
    t("was-cast"),
    note(t("nothing-else")),
    matches === false && alert("receipt-differs", receipt ? "receipt-differs-text" : "receipt-unreadable"),
    receipt && el("h2", {}, t("your-receipt")),
    receipt && receiptCard(receipt),
    receipt && el("p", {}, t("receipt-says")),
    matches && el("p", {}, t("receipt-fits")),
    receipt &&
      el(
        "p",
        { class: "actions" },
        el("button", { type: "button", class: "secondary", id: "print", onclick: () => print() }, t("print")),
      ),
    receipt && el("p", {}, t("check-later")),
    receipt && link("/check", t("check-in-new-tab"), { target: "_blank", rel: "noopener" }),
  ];
}

function alert(title, message) {
  return el("div", { class: "problems", role: "alert" }, el("h2", {}, t(title)), el("p", {}, t(message)));
}
