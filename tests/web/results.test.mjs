// The results page in every phase and at every size, with answers made up by the test.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { closePages, newPage } from "./support/browser.mjs";
import * as real from "./support/election.mjs";
import { COUNCIL, election, PRESIDENT, results, STATES } from "./support/made-up.mjs";
import { download, openResults } from "./support/results.mjs";

const PHASES = {
  "not open": { phase: "pre-election", status: "pre-election", scale: 0 },
  open: { phase: "open", status: "unofficial-partial" },
  counting: { phase: "closed", status: "unofficial-partial" },
  complete: { phase: "closed", status: "unofficial-complete" },
  certified: { phase: "certified", status: "certified" },
};
const TITLES = {
  "not open": ["The polls are not open yet", "La votación aún no ha comenzado"],
  open: ["The polls are open", "La votación está abierta"],
  counting: ["Ballots are being counted", "Se están contando las boletas"],
  complete: ["Unofficial results, complete", "Resultados extraoficiales completos"],
  certified: ["Certified results", "Resultados certificados"],
};
const WIDTHS = [320, 360, 1280];

afterEach(closePages);

for (const [name, phase] of Object.entries(PHASES)) {
  test(`${name}: said in words, in both languages, at every width, without a violation`, async () => {
    const subject = election({ contests: [PRESIDENT, COUNCIL] });
    const view = await openResults(subject, results(subject, phase));
    for (const [index, language] of ["en", "es"].entries()) {
      await view.page.click(`#language-${language}`);
      await view.page.getByText(TITLES[name][index]).waitFor();
      for (const width of WIDTHS) {
        await view.page.setViewportSize({ width, height: 900 });
        await view.fits(`${name} ${language} ${width}`);
        if (language === "en") await view.screenshot(`results-${name.replace(" ", "-")}-${width}`);
      }
      await view.accessible("results");
    }
  });
}

test("before the close under after-close there is turnout only", async () => {
  const subject = election({ results: "after-close" });
  const view = await openResults(subject, results(subject));
  await view.page.getByText("Votes for each candidate are published after the polls close.").waitFor();
  assert.equal(await view.page.getByText("Elena Rivera").count(), 0);
  assert.equal(await view.page.locator("table tbody tr").count(), 51);
  assert.equal(await view.page.locator(".leading:visible").count(), 0);
  assert.match(await view.page.locator(".picture svg").getAttribute("aria-label"), /how many ballots/);
  await view.screenshot("results-turnout-1280");
  await view.page.setViewportSize({ width: 360, height: 800 });
  await view.page.locator(".picture text").first().waitFor();
  await view.fits("turnout 360");
  await view.screenshot("results-turnout-360");
  await view.accessible("results");
});

for (const count of [1, 2, 51]) {
  test(`${count} jurisdictions`, async () => {
    const subject = election({ jurisdictions: STATES.slice(0, count) });
    const view = await openResults(subject, results(subject));
    await view.page.locator(".contest").waitFor();
    // The map is loaded when it is needed.
    if (count > 1) await view.page.locator(".picture svg").waitFor();
    assert.equal(await view.page.locator("table").count(), count > 1 ? 1 : 0);
    assert.equal(await view.page.locator(".picture svg").count(), count > 1 ? 1 : 0);
    assert.equal(await view.page.getByText("Jurisdictions reported").count(), count > 1 ? 1 : 0);
    if (count > 1) assert.equal(await view.page.locator("table tbody tr").count(), count);
    await view.fits(`${count} jurisdictions`);
    await view.screenshot(`results-${count}-jurisdictions`);
  });
}

test("places that aren't states have a table and no map", async () => {
  const jurisdictions = [
    { id: "north", name: { en: "North branch", es: "Sección Norte" } },
    { id: "al", name: { en: "South branch", es: "Sección Sur" } },
  ];
  const subject = election({ jurisdictions });
  const view = await openResults(subject, results(subject));
  await view.page.locator("table tbody tr").first().waitFor();
  assert.equal(await view.page.locator(".picture").count(), 0);
});

test("a jurisdiction has an address, a title and the focus, and back works", async () => {
  const subject = election();
  const view = await openResults(subject, results(subject));
  await view.page.click("table a[href='#/ca']");
  const heading = view.page.locator("h1");
  await view.page.waitForFunction(() => document.activeElement.id === "heading");
  assert.equal(await heading.textContent(), "California");
  assert.match(await view.page.title(), /^California – Results – Test election/);
  assert.equal(await view.page.locator("table").isVisible(), false);
  await view.screenshot("results-california");
  await view.accessible("results");
  await view.page.goBack();
  await view.page.locator("table a[href='#/ca']").waitFor();
  assert.equal(await heading.textContent(), "Results");
  await view.page.goto(view.url("#/nowhere"));
  await view.page.getByRole("heading", { name: "There is no such jurisdiction" }).waitFor();
  assert.equal(await view.page.locator("#results").isVisible(), false);
  await view.page.click("#back a");
  await view.page.locator("table").waitFor();
});

test("a click on the map leads to the jurisdiction, on tiles and on the map", async () => {
  const subject = election();
  const view = await openResults(subject, results(subject));
  for (const width of [1280, 360]) {
    await view.page.setViewportSize({ width, height: 800 });
    await view.page.locator(width > 768 ? "[data-id=tx] path" : "[data-id=tx] rect").click();
    await view.page.getByRole("heading", { name: "Texas" }).waitFor();
    await view.page.goBack();
  }
  await view.page.locator(".picture rect").first().waitFor();
  const boxes = await view.page.locator(".picture rect").evaluateAll((rects) => rects.map((rect) => rect.getBoundingClientRect().width));
  assert.equal(boxes.length, 51);
  assert.ok(Math.min(...boxes) >= 24, `tiles are ${Math.min(...boxes)} px wide`);
});

test("the table is sorted as the reader wants, also by keyboard", async () => {
  const subject = election();
  const view = await openResults(subject, results(subject));
  const numbers = () => view.page.locator("tbody .ballots").allTextContents().then((cells) => cells.map((cell) => Number(cell.replaceAll(",", ""))));
  const sort = view.page.getByRole("button", { name: "Ballots counted" });
  await sort.focus();
  await view.page.keyboard.press("Enter");
  const descending = await numbers();
  assert.deepEqual(descending, [...descending].sort((a, b) => b - a));
  assert.equal(await view.page.locator("th.ballots").getAttribute("aria-sort"), "descending");
  await view.page.keyboard.press("Enter");
  assert.deepEqual(await numbers(), [...descending].reverse());
  assert.equal(await sort.evaluate((button) => button === document.activeElement), true);
});

test("live: an unchanged answer is 304, new numbers appear, the focus stays", async () => {
  const subject = election();
  const view = await openResults(subject, results(subject));
  await view.page.locator("table a[href='#/ca']").focus();
  await view.until("a 304", () => view.asked.some(({ tag, status }) => tag === "\"1\"" && status === 304));
  view.answer = results(subject, { seq: 2, scale: 2 });
  const total = view.answer.ballots_cast.toLocaleString("en-US");
  await view.page.locator("#totals").getByText(total, { exact: true }).waitFor();
  // A row that moves takes the focus along.
  await view.page.getByRole("button", { name: "Ballots counted" }).click();
  await view.page.locator("table a[href='#/ca']").focus();
  const changed = results(subject, { seq: 3, scale: 2 });
  changed.jurisdictions.find(({ id }) => id === "ca").ballots_cast = 9_999_999;
  view.answer = changed;
  await view.page.locator("tbody tr").first().getByText("California").waitFor();
  assert.equal(await view.page.evaluate(() => document.activeElement.getAttribute("href")), "#/ca");
});

test("an older answer of another region doesn't turn the numbers back", async () => {
  const subject = election();
  const view = await openResults(subject, results(subject, { seq: 5, scale: 2 }));
  const before = await view.page.locator("#totals").textContent();
  view.answer = results(subject, { seq: 4, scale: 1 });
  await view.until("asked again", () => view.asked.filter(({ status }) => status === 200).length >= 2);
  await view.until("a 304", () => view.asked.at(-1).status === 304);
  assert.equal(await view.page.locator("#totals").textContent(), before);
});

test("a failing server: not updating since, numbers stay, and it goes on by itself", async () => {
  const subject = election();
  const view = await openResults(subject, results(subject));
  const before = await view.page.locator("#totals").textContent();
  view.fails = true;
  await view.page.getByText(/^Not updating since ⁨\d+:\d\d\s[AP]M⁩\./).waitFor();
  assert.equal(await view.page.locator("#totals").textContent(), before);
  await view.until("another region", () => view.asked.some(({ path }) => path.startsWith("/regions/us-west-2/")));
  await view.screenshot("results-stale");
  view.fails = false;
  await view.page.locator("#stale").waitFor({ state: "hidden" });
});

test("a server that never answered: it says so and shows no number", async () => {
  const view = await openResults(election(), null);
  await view.page.getByText("The results could not be loaded yet.").waitFor();
  assert.equal(await view.page.locator("#results").isVisible(), false);
});

test("paused, it asks no more until resumed", async () => {
  const subject = election();
  const view = await openResults(subject, results(subject));
  await view.until("polling", () => view.asked.length >= 2);
  await view.page.getByRole("button", { name: "Pause updates" }).click();
  const asked = view.asked.length;
  view.answer = results(subject, { seq: 2, scale: 2 });
  // Longer than it waits at most when it isn't paused.
  await view.page.waitForTimeout(4_000);
  assert.equal(view.asked.length, asked);
  await view.page.getByRole("button", { name: "Resume updates" }).click();
  await view.page.locator("#totals").getByText(view.answer.ballots_cast.toLocaleString("en-US"), { exact: true }).waitFor();
});

test("no votes: shares are a dash, nobody leads", async () => {
  const subject = election();
  const view = await openResults(subject, results(subject, { scale: 0 }));
  assert.deepEqual([...new Set(await view.page.locator(".figures strong").allTextContents())], ["—"]);
  assert.deepEqual([...new Set(await view.page.locator("tbody .leading").allTextContents())], ["—"]);
});

test("markup and right-to-left text in names stay text", async () => {
  const candidates = [
    { id: "a", name: "<img src=x onerror=alert(1)>", party: "<b>Bold</b>" },
    { id: "b", name: "شيرين \u202eevil", party: "حزب" },
  ];
  const jurisdictions = [
    { id: "al", name: { en: "<script>alert(1)</script>" } },
    { id: "ak", name: { en: "אלסקה" } },
  ];
  const subject = election({ jurisdictions, contests: [{ ...PRESIDENT, candidates }] });
  const view = await openResults(subject, results(subject));
  await view.page.locator(".candidates").getByText("<img src=x onerror=alert(1)>").waitFor();
  await view.page.locator("table").getByText("<script>alert(1)</script>").waitFor();
  assert.equal(await view.page.locator("main img, main script, main b").count(), 0);
});

test("the downloads are those of the command and of the API", async () => {
  const server = await real.serve(real.CLUB, { north: 2, south: 1 });
  const selections = { board: ["lopez", "chen"] };
  const vote = { voter_id: server.voters.north[0], ballot_id: crypto.randomUUID(), selections };
  const headers = { "content-type": "application/json" };
  const { status } = await fetch(`${server.url}/votes`, { method: "POST", headers, body: JSON.stringify(vote) });
  assert.equal(status, 202);
  await server.run("close");
  await real.eventually("all is counted", async () => (await server.get("/votes")).status === "unofficial-complete");
  const page = await newPage();
  await page.goto(`${server.url}/results`);
  await page.getByText("Ana López").waitFor();
  assert.equal(await download(page, "#csv"), await server.run("results", "--format", "csv"));
  assert.deepEqual(JSON.parse(await download(page, "#json")), await server.get("/votes"));
});

test("200 % text, forced colours and reduced motion", async () => {
  const subject = election({ contests: [PRESIDENT, COUNCIL] });
  const reader = { width: 320, textScale: 2, forcedColors: "active", reducedMotion: "reduce" };
  const view = await openResults(subject, results(subject), reader);
  await view.fits("200 % at 320 px");
  await view.screenshot("results-200-percent-320");
  const moves = await view.page.locator(".bar").first().evaluate((bar) => getComputedStyle(bar).transitionDuration);
  assert.equal(moves, "0s");
});

test("the page and 51 jurisdictions weigh at most 60 KB", async () => {
  const server = await real.serve(real.PRESIDENT, { ca: 1 });
  const page = await newPage();
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(`${server.url}/results`);
  await page.locator(".picture path").first().waitFor();
  await page.waitForLoadState("networkidle");
  console.log(`results page: ${bytes} bytes`);
  assert.ok(bytes <= 60 * 1024, `${bytes} bytes`);
});
