// One ballot is cast however the network, the region or the voter's finger behaves.

import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { closePages, newPage } from "./support/browser.mjs";
import { CLUB, eventually, serve } from "./support/election.mjs";
import { cast, reach, receiptOf, review, textOf } from "./support/journey.mjs";

let club;

before(async () => {
  club = await serve(CLUB, { north: 12 });
});
afterEach(closePages);

/** Hands each vote that the page sends to `meet(route, n)`, and remembers all of them. */
async function meetVotes(page, meet) {
  const sent = [];
  await page.route(/\/votes$/, async (route) => {
    const request = route.request();
    if (request.method() !== "POST") return route.continue();
    sent.push({ path: new URL(request.url()).pathname, body: request.postData() });
    return meet(route, sent.length);
  });
  return sent;
}

async function recorded() {
  return JSON.parse(await club.run("status", "--format", "json")).recorded;
}

/** Casts by `press` and expects one more ballot in the box, and its receipt. */
async function castsOne(page, press) {
  const before = await recorded();
  await press();
  const receipt = await receiptOf(page);
  await eventually("it is recorded", async () => (await recorded()) > before);
  assert.equal(await recorded(), before + 1);
  assert.equal((await club.get(`/receipts/${receipt}`)).status, "recorded");
}

const same = (sent) => new Set(sent.map(({ body }) => body)).size === 1;

test("an answer lost on the way is asked for again with the same ballot, in another region", async () => {
  const page = await newPage();
  await review(page, club.url, club.voters.north.pop());
  let told;
  const sent = await meetVotes(page, async (route, attempt) => {
    if (attempt > 1) return route.continue();
    await route.fetch();
    await route.abort("connectionreset");
    told = textOf(page, "#casting.note");
  });
  await castsOne(page, () => page.click("#cast"));
  assert.match(await told, /We are checking whether your ballot was recorded. Do not start again./);
  assert.deepEqual(sent.map(({ path }) => path), ["/votes", "/regions/us-east-2/votes"]);
  assert.ok(same(sent), "the same bytes");
});

test("a region that fails before it takes the vote is left for the next one", async () => {
  const page = await newPage();
  await review(page, club.url, club.voters.north.pop());
  const sent = await meetVotes(page, async (route, attempt) => {
    if (attempt > 1) return route.continue();
    await club.run("region", "fail", "us-east-1");
    await route.abort("connectionrefused");
  });
  await castsOne(page, () => page.click("#cast"));
  await club.run("region", "restore", "us-east-1");
  assert.ok(sent.length > 1 && same(sent));
});

test("a service that is overloaded, or a proxy's page, is no answer", async () => {
  const page = await newPage();
  await review(page, club.url, club.voters.north.pop());
  const sent = await meetVotes(page, (route, attempt) => {
    if (attempt === 1) return route.fulfill({ status: 503, body: "<h1>Busy</h1>" });
    if (attempt === 2) return route.fulfill({ status: 403, body: "<h1>Captive portal</h1>" });
    if (attempt === 3) return route.fulfill({ status: 200, body: "<h1>Log in</h1>" });
    if (attempt === 4) return route.abort("timedout");
    return route.continue();
  });
  await castsOne(page, async () => {
    await page.click("#cast");
    await page.locator("#patience", { hasText: "This takes longer than usual" }).waitFor();
  });
  assert.ok(same(sent));
});

test("a slow network, impatient clicks and a held key cast one ballot", async () => {
  const page = await newPage();
  await review(page, club.url, club.voters.north.pop());
  let release;
  const released = new Promise((resolve) => (release = resolve));
  const sent = await meetVotes(page, async (route) => {
    await released;
    return route.continue();
  });
  await castsOne(page, async () => {
    await page.dblclick("#cast");
    await reach(page, "Casting your ballot");
    for (let times = 0; times < 5; times += 1) await page.keyboard.down("Enter");
    await page.keyboard.up("Enter");
    await page.goBack();
    await reach(page, "Casting your ballot");
    release();
  });
  assert.equal(sent.length, 1);
});

test("a double click on one step doesn't press the next step's button", async () => {
  const page = await newPage();
  await page.goto(club.url);
  await page.fill("#voter-id", club.voters.north.pop());
  await page.click("#continue");
  await page.dblclick("#start");
  await reach(page, "Board");
  await page.dblclick("#skip");
  await reach(page, "Raise the dues?");
});

test("a voter who left while an answer was lost is told honestly what is known", async () => {
  const page = await newPage();
  await review(page, club.url, club.voters.north.pop());
  await meetVotes(page, (route, attempt) =>
    attempt === 1
      ? route.abort("connectionreset")
      : route.fulfill({ status: 404, json: { status: 404, code: "voter-not-found" } }),
  );
  await page.click("#cast");
  await reach(page, "We could not confirm your ballot");
});

test("a receipt of another ballot than the voter's is told", async () => {
  const page = await newPage();
  await review(page, club.url, club.voters.north.pop());
  await meetVotes(page, (route) =>
    route.fulfill({ status: 202, json: { receipt: "1000-G40R-40M3-0E20-9185-WHKY-4RBC-S53J-J64K" } }),
  );
  await page.click("#cast");
  await reach(page, "Your ballot was cast");
  assert.match(await textOf(page, ".problems[role=alert]"), /The receipt does not fit your ballot/);
});

test("a selection that the service refuses leads back to its contest", async () => {
  const page = await newPage();
  await review(page, club.url, club.voters.north.pop());
  const errors = [{ field: "selections.dues[0]", code: "candidate-unknown" }];
  await meetVotes(page, (route, attempt) =>
    attempt === 1
      ? route.fulfill({ status: 422, json: { status: 422, code: "selections-invalid", errors } })
      : route.continue(),
  );
  await page.click("#cast");
  await page.locator(".problems a", { hasText: "Raise the dues?" }).waitFor();
  assert.match(await page.title(), /^Error: /);
  await page.click(".problems a");
  await reach(page, "Raise the dues?");
  await page.click("#next");
  await cast(page);
});
