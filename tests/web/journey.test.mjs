// The journey from the letter to the recorded ballot: by mouse, by keyboard alone, by touch, in both languages.

import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { closePages, newPage } from "./support/browser.mjs";
import { CLUB, eventually, PRESIDENT, serve } from "./support/election.mjs";
import { choose, cast, enterId, reach, receiptOf, startVoting, tabTo, textOf, title } from "./support/journey.mjs";

let club;
let president;

before(async () => {
  club = await serve(CLUB, { north: 8, south: 2 });
  president = await serve(PRESIDENT, { ca: 2, dc: 2 });
});
afterEach(closePages);

async function recorded(election, receipt) {
  const answer = await eventually("the ballot is recorded", async () => {
    const found = await election.get(`/receipts/${receipt}`);
    return found.status === "recorded" && found;
  });
  assert.equal(answer.status, "recorded");
}

test("a ballot with several contests is voted, reviewed, changed and cast", async () => {
  const page = await newPage();
  await startVoting(page, club.url, club.voters.north.pop());
  assert.equal(await textOf(page, ".position"), "Contest 1 of 2");
  await page.check("#option-lopez");
  await page.check("#option-chen");
  await page.fill("#write-in-1", "  Jane   Doe ");
  assert.equal(await textOf(page, "#used"), "You have used 3 of 3 votes.");
  await page.click("#option-haddad");
  assert.equal(await page.isChecked("#option-haddad"), false);
  assert.match(await textOf(page, ".blocked"), /already used all 3 votes. To vote for Samir Haddad, first remove/);
  await page.click("#next");
  await reach(page, "Raise the dues?");
  await page.click("#skip");
  await reach(page, "Review your votes");
  assert.match(await textOf(page, "main"), /has not been cast yet/);
  assert.match(await textOf(page, "#reviewed-0 + *"), /Ana López, Open list\s+.*Wei Chen\s+.*Jane Doe \(write-in\)/);
  assert.match(await textOf(page, "main"), /You made no choice in this contest/);
  await page.click("#change-1");
  await page.check("#option-no");
  await page.click("#next");
  await reach(page, "Review your votes");
  const receipt = await cast(page);
  assert.match(receipt, /^1[0-9A-Z]{3}(-[0-9A-Z]{4}){8}$/);
  assert.match(await textOf(page, "main"), /It does not show how you voted/);
  assert.match(await textOf(page, "main"), /This page computed the receipt itself: it fits/);
  await recorded(club, receipt);
});

test("one contest with many candidates and a write-in is voted", async () => {
  const page = await newPage();
  await startVoting(page, president.url, president.voters.ca.pop());
  assert.ok((await page.locator(".option").count()) >= 5);
  await page.fill("#write-in-1", "Jane Doe");
  assert.equal(await textOf(page, "#used"), "You have used 1 of 1 vote.");
  await page.click("#option-biden");
  assert.match(await textOf(page, ".blocked"), /first remove your vote for Jane Doe/);
  await page.click("#next");
  await reach(page, "Review your votes");
  await recorded(president, await cast(page));
});

test("the keyboard alone is enough", async () => {
  const page = await newPage();
  const press = async (selector, key) => {
    await page.locator(`${selector}:not([inert] *)`).waitFor();
    await tabTo(page, selector);
    await page.keyboard.press(key);
  };
  await page.goto(club.url);
  await page.locator("#voter-id").waitFor();
  await tabTo(page, "#voter-id");
  await page.keyboard.type(club.voters.north.pop());
  await page.keyboard.press("Enter");
  await reach(page, "Your ballot");
  await press("#start", "Enter");
  await reach(page, "Board");
  await press("#option-chen", "Space");
  await press("#next", "Enter");
  await reach(page, "Raise the dues?");
  await press("#option-yes", "Space");
  await press("#next", "Space");
  await reach(page, "Review your votes");
  await press("#cast", "Enter");
  await recorded(club, await receiptOf(page));
});

test("touch is enough, in Spanish", async () => {
  const page = await newPage({ language: "es-MX", width: 360, height: 740, touch: true });
  await page.goto(club.url);
  await page.fill("#voter-id", club.voters.north.pop());
  await page.tap("#continue");
  await reach(page, "Su boleta");
  assert.match(await textOf(page, ".jurisdiction"), /Sección Norte/);
  await page.tap("#start");
  await reach(page, "Junta");
  assert.equal(await textOf(page, "#allowed"), "Vote por un máximo de 3.");
  await page.tap("label:has(#option-lopez)");
  assert.equal(await textOf(page, "#used"), "Ha usado 1 de 3 votos.");
  await page.tap("#next");
  await reach(page, "¿Subir la cuota?");
  assert.match(await textOf(page, "fieldset"), /Sí/);
  await page.tap("#skip");
  await reach(page, "Revise sus votos");
  await page.tap("#cast");
  await recorded(club, await receiptOf(page));
  assert.equal(await title(page), "Su boleta fue emitida");
});

test("a letter's QR code fills the field and leaves no trace in the address", async () => {
  const page = await newPage();
  const voterId = club.voters.south.pop();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${club.url}/#${voterId}`);
  await page.locator("#voter-id").waitFor();
  assert.equal(await page.inputValue("#voter-id"), voterId);
  assert.equal(page.url(), `${club.url}/`);
  await page.click("#continue");
  await reach(page, "Your ballot");
  assert.equal(await textOf(page, ".jurisdiction"), "South branch");
  assert.ok(asked.every((url) => !url.split("#")[0].includes(voterId)));
});

test("a voter ID may be pasted as people write it", async () => {
  const page = await newPage();
  const voterId = club.voters.north.pop().replaceAll("-", "");
  for (const typed of [
    voterId.toLowerCase(),
    [...voterId].join(" "),
    ` ${voterId.slice(0, 5)}–${voterId.slice(5)}\u00a0`,
    voterId.replaceAll("0", "O").replaceAll("1", "l"),
  ]) {
    await enterId(page, club.url, typed);
    await reach(page, "Your ballot");
  }
});

test("the definition may arrive while the voter types", async () => {
  const page = await newPage();
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(/\/election$/, async (route) => {
    await released;
    await route.continue();
  });
  await page.goto(club.url);
  await page.locator("#voter-id").pressSequentially("K7RM2");
  await page.keyboard.press("ArrowLeft");
  release();
  await page.locator("#election-title", { hasText: "Club board 2026" }).waitFor();
  await page.keyboard.type("X");
  assert.equal(await page.inputValue("#voter-id"), "K7RMX2");
});

test("going back and reloading lose no more than they must, and never cast", async () => {
  const page = await newPage();
  const posts = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(new URL(request.url()).pathname));
  page.on("dialog", (dialog) => dialog.accept());
  const voterId = club.voters.north.pop();
  await startVoting(page, club.url, voterId);
  await choose(page, "lopez");
  await choose(page, "yes");
  await page.goBack();
  await reach(page, "Raise the dues?");
  assert.equal(await page.isChecked("#option-yes"), true);
  await page.goBack();
  await reach(page, "Board");
  assert.equal(await page.isChecked("#option-lopez"), true);
  await page.goForward();
  await page.goForward();
  await reach(page, "Review your votes");
  await page.reload();
  await reach(page, "Enter your voter ID");
  assert.equal(await page.inputValue("#voter-id"), "");
  await page.goBack();
  await reach(page, "Enter your voter ID");
  await startVoting(page, club.url, voterId);
  await choose(page, "chen");
  await choose(page);
  await cast(page);
  await page.goBack();
  await reach(page, "Your ballot was cast");
  await page.reload();
  await reach(page, "Enter your voter ID");
  assert.equal(posts.filter((path) => path === "/votes").length, 1);
});

test("nothing about the voter is kept on the device or shown in the address", async () => {
  const page = await newPage();
  const voterId = club.voters.north.pop();
  await startVoting(page, club.url, voterId);
  await choose(page, "lopez");
  await choose(page, "yes");
  await cast(page);
  const kept = await page.evaluate(async () => ({
    cookies: document.cookie,
    local: localStorage.length,
    session: sessionStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    state: JSON.stringify(history.state),
    address: location.href,
    name: window.name,
  }));
  assert.deepEqual(kept, {
    cookies: "",
    local: 0,
    session: 0,
    databases: 0,
    caches: 0,
    state: '{"name":"review"}',
    address: `${club.url}/`,
    name: "visited",
  });
});
