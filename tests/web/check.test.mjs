// "Check my ballot": five answers, each with what to do.

import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { closePages, newPage, screenshot } from "./support/browser.mjs";
import { accessible, wellLaidOut } from "./support/checks.mjs";
import { CLUB, eventually, serve } from "./support/election.mjs";
import { cast, review, textOf } from "./support/journey.mjs";

const NOBODYS = "1000-G40R-40M3-0E20-9185-WHKY-4RBC-S53J-J64K";
let club;
let receipt;

before(async () => {
  club = await serve(CLUB, { north: 2 });
  const page = await newPage();
  await review(page, club.url, club.voters.north.pop());
  receipt = await cast(page);
  await eventually("recorded", async () => (await club.get(`/receipts/${receipt}`)).status === "recorded");
});
afterEach(closePages);

async function check(typed, options) {
  const page = await newPage(options);
  await page.goto(`${club.url}/check`);
  await page.fill("#receipt", typed);
  await page.click("#check");
  return page;
}

async function answered(page, heading, whatToDo) {
  await page.locator("h2#answer", { hasText: heading }).waitFor();
  assert.match(await textOf(page, ".answer"), whatToDo);
  assert.equal(new URL(page.url()).pathname, "/check");
  await accessible(page, heading);
  await wellLaidOut(page, heading);
  await screenshot(page, `check-${heading.toLowerCase().replaceAll(" ", "-")}`);
}

test("recorded, however it is typed", async () => {
  const typed = receipt.toLowerCase().replaceAll("-", " ").replaceAll("0", "o");
  await answered(await check(typed, { width: 360 }), "Your ballot was recorded", /do not need to do anything else/);
});

test("another ballot was recorded", async () => {
  const page = await newPage();
  await page.route(/receipts/, (route) => route.fulfill({ json: { status: "another-ballot-recorded" } }));
  await page.goto(`${club.url}/check`);
  await page.fill("#receipt", NOBODYS);
  await page.keyboard.press("Enter");
  await answered(page, "Another ballot was recorded", /contact the election office and show the receipt/);
});

test("not recorded yet, while ballots are still recorded", async () => {
  await answered(await check(NOBODYS), "Not recorded yet", /Check again in ten minutes/);
});

test("not recorded, once counting is over", async () => {
  const page = await newPage();
  await page.route(/\/election$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), phase: "certified" } });
  });
  await page.goto(`${club.url}/check`);
  await page.fill("#receipt", NOBODYS);
  await page.click("#check");
  await answered(page, "Not recorded", /Compare the receipt with what you printed/);
});

test("mistyped", async () => {
  for (const [typed, message] of [
    ["", "Enter your receipt."],
    [NOBODYS.replace("K", "M"), "There is a typing mistake in your receipt"],
    [NOBODYS.slice(2), /You entered \W*34/],
    ["?".repeat(36), "a character that is never used"],
  ]) {
    const page = await check(typed);
    await page.locator(".problems", { hasText: message }).waitFor();
    assert.match(await page.title(), /^Error: /);
  }
});

test("the receipt's QR code fills the field and leaves the address", async () => {
  const page = await newPage({ language: "es" });
  await page.goto(`${club.url}/check#${receipt}`);
  await page.locator("#check", { hasText: "Verificar" }).click();
  await page.locator("h2#answer", { hasText: "Su boleta quedó registrada" }).waitFor();
  assert.equal(page.url(), `${club.url}/check`);
});
