// What surrounds the journey: configuration, missing pages, files that every site has, no JavaScript,
// the visitor counter, weights, and modules loaded in one round.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, before, test } from "node:test";
import { closePages, newPage, screenshot } from "./support/browser.mjs";
import { accessible, wellLaidOut } from "./support/checks.mjs";
import { CLUB, eventually, serve } from "./support/election.mjs";
import { reach, textOf } from "./support/journey.mjs";
import { root } from "./support/packages.mjs";

const VOTE_BYTES = 40 * 1024;
let club;

before(async () => {
  club = await serve(CLUB, { north: 2 });
});
afterEach(closePages);

test("a configuration that is missing or wrong is told in words, in both languages", async () => {
  const answers = [
    [{ status: 404, body: "" }, "its file config.json is missing"],
    [{ status: 200, body: "api: /" }, "not as it must be"],
    [{ status: 200, body: "{}" }, "not as it must be"],
    [{ status: 200, body: '{"api":"api.example.org"}' }, "not as it must be"],
    [{ status: 200, body: '{"api":"https://api.example.org/v1"}' }, "not as it must be"],
    [{ status: 200, body: '{"api":"javascript:alert(1)"}' }, "not as it must be"],
    [{ status: 503, body: "" }, "Check your connection"],
  ];
  for (const path of ["/", "/check"]) {
    for (const [answer, words] of answers) {
      const page = await newPage();
      await page.route(/config\.json$/, (route) => route.fulfill(answer));
      await page.goto(club.url + path);
      await page.locator("[role=alert]", { hasText: words }).waitFor();
      await page.context().close();
    }
  }
  const page = await newPage({ language: "es", width: 360 });
  await page.route(/config\.json$/, (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto(club.url);
  await reach(page, "Este sitio no se puede usar");
  await accessible(page, "without configuration");
  await screenshot(page, "without-configuration");
});

test("an API at another address is asked there", async () => {
  const page = await newPage();
  await page.route(/config\.json$/, (route) => route.fulfill({ json: { api: "http://127.0.0.1:9" } }));
  await page.goto(club.url);
  await reach(page, "Enter your voter ID");
  // The policy of this server allows none but its own, and says so.
  await eventually("it asks", () => page.complaints.some((text) => text.includes("http://127.0.0.1:9/election")));
  page.complaints.length = 0;
  page.hosts.clear();
});

test("an address that leads nowhere says so, with 404 and the ways on", async () => {
  const page = await newPage({ language: "es", width: 320 });
  const response = await page.goto(`${club.url}/nowhere`);
  assert.equal(response.status(), 404);
  await reach(page, "Página no encontrada");
  await accessible(page, "not found");
  await wellLaidOut(page, "not found");
  await screenshot(page, "not-found");
  assert.deepEqual(page.complaints.filter((text) => !text.includes("404")), []);
  page.complaints.length = 0;
});

test("security.txt and the icon are there, and every page has the policy", async () => {
  const text = await (await fetch(`${club.url}/.well-known/security.txt`)).text();
  assert.match(text, /^Contact: /m);
  assert.match(text, /^Expires: /m);
  const icon = await fetch(`${club.url}/assets/shared/favicon.svg`);
  assert.equal(icon.headers.get("content-type"), "image/svg+xml");
  for (const path of ["/", "/check", "/results", "/config.json", "/assets/vote/vote.js"]) {
    const { headers } = await fetch(club.url + path);
    assert.match(headers.get("content-security-policy"), /^default-src 'none'; script-src 'self'/, path);
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  }
});

test("without JavaScript both languages say what to do", async () => {
  for (const path of ["/", "/check"]) {
    const page = await newPage({ script: false, width: 320 });
    await page.goto(club.url + path);
    const text = await textOf(page, "main");
    assert.match(text, /This page needs JavaScript/);
    assert.match(text, /Esta página necesita JavaScript/);
  }
});

test("a tab is one visit, however many pages and reloads it sees", async () => {
  const visits = async () => (await club.get("/visits")).visits;
  const shown = (page, expected) =>
    page.locator("#visits", { hasText: new RegExp(`^\\D*${expected}\\D* visits? so far`) }).waitFor();
  const before = await visits();
  const page = await newPage();
  await page.goto(club.url);
  await shown(page, before + 1);
  await page.reload();
  await shown(page, before + 1);
  await page.click("nav a[href='/check']");
  await shown(page, before + 1);
  const another = await newPage();
  await another.goto(`${club.url}/check`);
  await shown(another, before + 2);
  assert.equal(await visits(), before + 2);
});

test("the first voting page is light", async () => {
  const page = await newPage();
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  // Without the headers, which HTTP/2 shortens to little.
  let bytes = 0;
  session.on("Network.dataReceived", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(club.url);
  await page.locator("#visits", { hasText: /./ }).waitFor();
  await page.waitForLoadState("networkidle");
  console.log(`first voting page: ${bytes} bytes`);
  assert.ok(bytes > 5_000 && bytes <= VOTE_BYTES, `${bytes} bytes`);
});

test("each page preloads exactly the modules that it needs", () => {
  for (const [html, entry] of [
    ["vote/index.html", "vote/vote.js"],
    ["vote/check.html", "vote/check.js"],
    ["shared/404.html", "shared/not-found.js"],
  ]) {
    const source = readFileSync(`${root}website/${html}`, "utf8");
    assert.ok(source.includes(`<script type="module" src="/assets/${entry}">`), html);
    const preloaded = [...source.matchAll(/rel="modulepreload" href="\/assets\/(.+?)"/g)].map(([, path]) => path);
    assert.deepEqual(preloaded.toSorted(), imported(entry), html);
  }
});

/** All modules that one imports, sorted. */
function imported(entry) {
  const found = new Set();
  const follow = (path) => {
    const source = readFileSync(`${root}website/${path}`, "utf8");
    for (const [, relative] of source.matchAll(/^(?:import|\}) ?.*?from "(\..+?)"/gm)) {
      const next = new URL(relative, `file:///${path}`).pathname.slice(1);
      if (found.has(next)) continue;
      found.add(next);
      follow(next);
    }
  };
  follow(entry);
  return [...found].sort();
}
