// What must hold on every page in every state: WCAG as far as axe-core can tell, and the layout.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { require } from "./packages.mjs";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** No violation; on ballots with `enhanced` contrast, 7:1. */
export async function accessible(page, where, { enhanced = false } = {}) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(
    async ([standards, enhanced]) => {
      const rules = { "color-contrast-enhanced": { enabled: enhanced } };
      const found = await axe.run(document, { runOnly: standards, rules });
      return found.violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`,
      );
    },
    [STANDARDS, enhanced],
  );
  assert.deepEqual(violations, [], where);
}

/** Nothing overflows, no word is broken, and everything to press is large enough. */
export async function wellLaidOut(page, where) {
  assert.deepEqual(await page.evaluate(faults), [], where);
}

function faults() {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth > width) {
    const wide = [...document.querySelectorAll("body *")].filter(
      (element) => element.getBoundingClientRect().right > width + 0.5,
    );
    found.push(`wider than the window: ${wide.map((element) => element.outerHTML.slice(0, 80)).join(" | ")}`);
  }

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest("script, noscript, svg, textarea, .skip")) continue;
    for (const { 0: word, index } of node.data.matchAll(/[^\s\-–—\u2066-\u2069]+/g)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
      if (tops.size > 1) found.push(`broken word: ${word}`);
    }
  }

  const visible = (element) => element.checkVisibility() && !element.closest(".skip");
  const small = (selector, least) => {
    for (const element of [...document.querySelectorAll(selector)].filter(visible)) {
      const { width, height } = element.getBoundingClientRect();
      if (width < least - 0.01 || height < least - 0.01)
        found.push(`smaller than ${least} px: ${element.outerHTML.slice(0, 80)} ${width} × ${height}`);
    }
  };
  small("button, input, select, textarea, nav a", 24);
  small(".option, #cast, #next, #skip, #start", 44);
  return found;
}
