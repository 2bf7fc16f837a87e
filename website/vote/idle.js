// "Are you still voting?": asked after some minutes without a touch or a key; without an answer the
// journey is given up, because somebody else may come to this device. Knows nothing of the votes.

import { el } from "../shared/elements.js";
import { t } from "../shared/messages.js";

const IDLE_MINUTES = 5;
const ANSWER_MINUTES = 2;
const MINUTE_MS = 60_000;
const LOOK_MS = 1_000;
const ACTIVITY = ["input", "keydown", "pointerdown", "wheel", "touchmove"];

/** Calls `giveUp` if the voter stays away while `isVoting()`. */
export function watchIdleness(isVoting, giveUp) {
  let lastActive = Date.now();
  let dialog = null;

  function active() {
    if (!dialog) lastActive = Date.now();
  }

  function close() {
    dialog?.remove();
    dialog = null;
    lastActive = Date.now();
  }

  function ask() {
    dialog = el(
      "dialog",
      { "aria-labelledby": "still-voting", "aria-describedby": "still-voting-text", onclose: close },
      el("h2", { id: "still-voting" }, t("still-voting")),
      el("p", { id: "still-voting-text" }, t("still-voting-text", { minutes: ANSWER_MINUTES })),
      el("p", {}, el("button", { type: "button", onclick: () => dialog.close() }, t("still-voting-yes"))),
    );
    document.body.append(dialog);
    dialog.showModal();
  }

  function look() {
    if (!isVoting()) {
      if (dialog) close();
      lastActive = Date.now();
      return;
    }
    const minutes = (Date.now() - lastActive) / MINUTE_MS;
    if (minutes >= IDLE_MINUTES + ANSWER_MINUTES) {
      close();
      giveUp();
    } else if (minutes >= IDLE_MINUTES && !dialog) ask();
  }

  for (const kind of ACTIVITY) addEventListener(kind, active, { capture: true, passive: true });
  // A device that slept looks as soon as it wakes.
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOK_MS);
}
