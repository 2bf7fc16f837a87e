// Voters who can't vote learn why and what to do: mistyped, unknown, replaced and used voter IDs, closed polls.

import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { closePages, newPage } from "./support/browser.mjs";
import { CLUB, eventually, serve } from "./support/election.mjs";
import { cast, enterId, reach, review, textOf } from "./support/journey.mjs";

let club;

before(async () => {
  club = await serve(CLUB, { north: 6 });
});
afterEach(closePages);

async function refused(page, message) {
  await page.locator(".problems", { hasText: message }).waitFor();
  assert.match(await page.title(), /^Error: /);
  assert.ok(await page.locator(".problems").evaluate((summary) => summary === document.activeElement));
}

test("a typing mistake is told before anything is sent", async () => {
  const page = await newPage();
  const posts = [];
  page.on("request", (request) => request.url().endsWith("/eligibility") && posts.push(request));
  for (const [typed, message] of [
    ["", "Enter your voter ID."],
    ["K7RM2-9XQ4T-0WZ35", "There is a typing mistake"],
    ["K7RM2-9XQ4T-0WZ3", /must have 15 letters and digits. You entered \W*14/],
    ["U7RM2-9XQ4T-0WZ34", "a character that is never used"],
    ["<b>7RM2-9XQ4T-0W</b>", "a character that is never used"],
  ]) {
    await enterId(page, club.url, typed);
    await refused(page, message);
    assert.equal(await page.inputValue("#voter-id"), typed);
  }
  await page.click(".problems a");
  assert.ok(await page.locator("#voter-id").evaluate((field) => field === document.activeElement));
  assert.equal(posts.length, 0);
});

test("an unknown voter ID is told", async () => {
  const page = await newPage();
  await enterId(page, club.url, "K7RM2-9XQ4T-0WZ34");
  await refused(page, "This voter ID is not on the list of voters");
});

test("a voter ID that was replaced by a newer letter is told", async () => {
  const page = await newPage();
  const [old] = club.voters.north;
  await club.run("voters", "reissue", "--external-id", "P-0", "--letters", "letters.csv");
  await enterId(page, club.url, club.voters.north.shift());
  await refused(page, "This voter ID was replaced by a newer one");
  assert.ok(old);
});

test("who has voted is told so, at the start and when casting", async () => {
  const voterId = club.voters.north.pop();
  const [first, second] = [await newPage(), await newPage()];
  await review(second, club.url, voterId);
  await review(first, club.url, voterId);
  const receipt = await cast(first);
  await eventually("recorded", async () => (await club.get(`/receipts/${receipt}`)).status === "recorded");
  await second.click("#cast");
  await reach(second, "A ballot was already recorded");
  await enterId(first, club.url, voterId);
  await reach(first, "Your ballot");
  assert.match(await textOf(first, "main"), /A ballot was already recorded for this voter/);
  assert.equal(await first.locator("#start").count(), 0);
});

test("a service that doesn't answer leaves the voter ID in the field", async () => {
  const page = await newPage();
  await page.route(/eligibility/, (route) => route.abort());
  await enterId(page, club.url, "K7RM2-9XQ4T-0WZ34");
  await refused(page, "We could not look up your ballot just now");
  assert.equal(await page.inputValue("#voter-id"), "K7RM2-9XQ4T-0WZ34");
});

test("polls that are not open, and that close during a journey, are told", async () => {
  const election = await serve(CLUB, { north: 3 }, { open: false });
  const early = await newPage();
  await early.goto(election.url);
  await early.locator(".note", { hasText: "The polls are not open yet. They are announced" }).waitFor();
  await enterId(early, election.url, election.voters.north.pop());
  await reach(early, "Your ballot");
  assert.equal(await early.locator("#start").count(), 0);

  const phase = (wanted) =>
    eventually(wanted, async () => (await election.get("/election")).phase === wanted);
  await election.run("open");
  await phase("open");
  const page = await newPage();
  await review(page, election.url, election.voters.north.pop());
  await election.run("close");
  await phase("closed");
  await page.click("#cast");
  await reach(page, "The polls are closed");
  assert.match(await textOf(page, "main"), /Your ballot was not cast/);
  await enterId(page, election.url, election.voters.north.pop());
  await reach(page, "Your ballot");
  assert.match(await textOf(page, ".note"), /The polls are closed. You can no longer vote./);
});
