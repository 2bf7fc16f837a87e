// The question before something that can't be taken back lightly: what it means, and a name to type.

import { t } from "../shared/messages.js";

const byId = (id) => document.getElementById(id);
const dialog = byId("confirm");
let expected = "";
let settle = () => {};

/** Asks; answers whether it was confirmed. `name` has to be typed exactly. */
export function confirmed(action, name) {
  expected = name;
  byId("confirm-title").textContent = t(`do-${action}`, { name });
  byId("confirm-means").textContent = t(`means-${action}`);
  byId("typed-label").textContent = t("type-to-confirm", { name });
  byId("confirm-do").textContent = t(`do-${action}`, { name });
  byId("typed").value = "";
  showProblem("");
  dialog.showModal();
  byId("typed").focus();
  return new Promise((resolve) => {
    settle = resolve;
  });
}

function showProblem(text) {
  byId("typed-problem").textContent = text;
  if (text) byId("typed").setAttribute("aria-invalid", "true");
  else byId("typed").removeAttribute("aria-invalid");
}

byId("confirm-form").addEventListener("submit", (event) => {
  event.preventDefault();
  // Who copies the name from the question copies the marks around it, too.
  if (byId("typed").value.replace(/[\u2066-\u2069]/g, "").trim() === expected) {
    settle(true);
    dialog.close();
  } else {
    showProblem(t("typed-wrong", { name: expected }));
    byId("typed").focus();
  }
});

byId("confirm-cancel").addEventListener("click", () => dialog.close());
// Also by the escape key. A promise settles once.
dialog.addEventListener("close", () => settle(false));
