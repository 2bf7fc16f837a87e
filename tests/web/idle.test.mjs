// "Are you still voting?"

import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { closePages, newPage, screenshot } from "./support/browser.mjs";
import { CLUB, serve } from "./support/election.mjs";
import { cast, choose, reach, startVoting, textOf } from "./support/journey.mjs";
import { accessible } from "./support/checks.mjs";

let club;

before(async () => {
  club = await serve(CLUB, { north: 4 });
});
afterEach(closePages);

async function voting() {
  const page = await newPage({ width: 360, height: 740 });
  await page.clock.install();
  await startVoting(page, club.url, club.voters.north.pop());
  await page.check("#option-lopez");
  return page;
}

test("who answers goes on with the votes made", async () => {
  const page = await voting();
  await page.clock.fastForward("05:02");
  await page.locator("dialog").waitFor();
  assert.match(await textOf(page, "dialog"), /Are you still voting\?[^]*within 2 minutes/);
  await accessible(page, "the idle question");
  await screenshot(page, "idle");
  await page.click("dialog button");
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.equal(await page.isChecked("#option-lopez"), true);
  await page.clock.fastForward("04:00");
  assert.equal(await page.locator("dialog").count(), 0);
});

test("who doesn't answer finds nothing of the journey, also by going back", async () => {
  const page = await voting();
  await page.clock.fastForward("05:02");
  await page.locator("dialog").waitFor();
  await page.clock.fastForward("02:02");
  await reach(page, "Enter your voter ID");
  assert.match(await textOf(page, ".note"), /Your votes were cleared/);
  assert.equal(await page.inputValue("#voter-id"), "");
  await page.goBack();
  await reach(page, "Enter your voter ID");
  assert.equal(await page.locator("dialog").count(), 0);
});

test("a receipt stays", async () => {
  const page = await voting();
  await choose(page, "lopez");
  await choose(page);
  const receipt = await cast(page);
  await page.clock.fastForward("30:00");
  await reach(page, "Your ballot was cast");
  assert.ok(receipt);
  assert.equal(await page.locator("dialog").count(), 0);
});
