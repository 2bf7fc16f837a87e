// Every state of the journey as different readers see it: accessible, well laid out, and on a screenshot.

import { afterEach, before, test } from "node:test";
import { closePages, newPage, screenshot } from "./support/browser.mjs";
import { accessible, wellLaidOut } from "./support/checks.mjs";
import { CLUB, PRESIDENT, serve } from "./support/election.mjs";

const READERS = {
  "320": { width: 320, height: 640 },
  "360-es-touch": { width: 360, height: 740, language: "es", touch: true },
  "1280": { width: 1280, height: 800 },
  "320-twice-the-text": { width: 320, height: 640, textScale: 2 },
  "1280-es-twice-the-text": { width: 1280, height: 800, language: "es", textScale: 2 },
  "360-forced-colors": { width: 360, height: 740, forcedColors: "active", reducedMotion: "reduce" },
};
let club;
let president;

before(async () => {
  club = await serve(CLUB, { north: 10 });
  president = await serve(PRESIDENT, { ca: 10 });
});
afterEach(closePages);

for (const [name, reader] of Object.entries(READERS)) {
  test(`a ballot with several contests: ${name}`, async () => {
    const page = await newPage(reader);
    const state = (step) => check(page, `${step}-${name}`);
    await page.goto(club.url);
    await page.locator("#voter-id").waitFor();
    await page.locator("#visits", { hasText: /./ }).waitFor();
    await state("voter-id");
    await page.fill("#voter-id", "K7RM2-9XQ4T-0WZ35");
    await page.click("#continue");
    await page.locator(".problems").waitFor();
    await state("voter-id-mistyped");
    await page.fill("#voter-id", club.voters.north.pop());
    await page.click("#continue");
    await page.locator("#content:not([inert]) #start").waitFor();
    await state("ballot");
    await page.click("#start");
    for (const id of ["lopez", "chen", "novak"]) await page.check(`#option-${id}`);
    await page.click("#option-haddad");
    await page.locator(".blocked", { hasText: /./ }).waitFor();
    await page.locator("#content:not([inert]) #next").waitFor();
    await state("contest");
    await page.click("#next");
    await page.click("#skip");
    await page.locator("#content:not([inert]) #cast").waitFor();
    await state("review");
    await page.route(/votes$/, (route) => route.abort(), { times: 1 });
    const retried = page.locator("#casting.note").waitFor();
    await page.click("#cast");
    await retried;
    await page.locator("#receipt").waitFor();
    await state("receipt");
    await page.emulateMedia({ media: "print" });
    await screenshot(page, `receipt-printed-${name}`);
  });
}

for (const name of ["320", "1280"]) {
  test(`one contest with many candidates: ${name}`, async () => {
    const page = await newPage(READERS[name]);
    await page.goto(president.url);
    await page.fill("#voter-id", president.voters.ca.pop());
    await page.click("#continue");
    await page.click("#start");
    await page.check("#option-biden");
    await page.locator("#content:not([inert]) #next").waitFor();
    await check(page, `president-${name}`);
  });
}

async function check(page, where) {
  await screenshot(page, where);
  await accessible(page, where, { enhanced: true });
  await wellLaidOut(page, where);
}
