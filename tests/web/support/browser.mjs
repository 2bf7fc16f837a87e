// A Chromium per file of tests and text size, and pages whose every complaint fails the test that opened them.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { after } from "node:test";
import { require, root } from "./packages.mjs";

const { chromium } = require("playwright-core");

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
const SCREENSHOTS = `${root}target/web-screenshots/`;
const PATIENCE_MS = 20_000;

const browsers = new Map();
const open = new Set();

after(() => Promise.all([...browsers.values()].map((browser) => browser.close())));

async function launched(textScale) {
  if (!browsers.has(textScale)) {
    const find = "command -v chromium || command -v google-chrome";
    const browser = await chromium.launch({
      executablePath: execFileSync("sh", ["-c", find], { encoding: "utf8" }).trim(),
      args: [...ARGUMENTS, `--blink-settings=defaultFontSize=${16 * textScale},defaultFixedFontSize=${13 * textScale}`],
    });
    browsers.set(textScale, browser);
  }
  return browsers.get(textScale);
}

/** A page in a profile of its own. `language`, `width`, `height`, `touch`, `forcedColors`, `script` (false:
 *  without JavaScript) and `textScale` (2 is 200 %) are the reader's. */
export async function newPage({
  language = "en-US",
  width = 1280,
  height = 800,
  touch = false,
  textScale = 1,
  forcedColors = "none",
  reducedMotion = "no-preference",
  script = true,
} = {}) {
  const browser = await launched(textScale);
  const context = await browser.newContext({
    locale: language,
    viewport: { width, height },
    hasTouch: touch,
    isMobile: touch,
    forcedColors,
    reducedMotion,
    javaScriptEnabled: script,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  watch(page);
  return page;
}

/** What a browser says of answers of the API that the test wants is no complaint. */
function isAnswer(message) {
  if (!message.text().startsWith("Failed to load resource")) return false;
  const { pathname } = new URL(message.location().url);
  return /^(\/regions\/[^/]+)?\/(eligibility|votes|receipts\/.*|election|visits|config\.json|overview|operations)$/.test(pathname);
}

function watch(page) {
  page.complaints = [];
  page.hosts = new Set();
  page.on("console", (message) => {
    if (message.type() === "error" && !isAnswer(message)) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("request", (request) => page.hosts.add(new URL(request.url()).host));
  open.add(page);
}

/** To be called after each test: no page may have complained, nor have asked another host. */
export async function closePages() {
  const pages = [...open];
  open.clear();
  for (const page of pages) await page.context().close();
  for (const page of pages) {
    assert.deepEqual(page.complaints, [], "errors, or violations of the policy");
    assert.ok(page.hosts.size <= 1, `asked ${[...page.hosts].join(", ")}`);
  }
}

export async function screenshot(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
}
