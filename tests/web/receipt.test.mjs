// The receipt that a voter takes along: its QR code, and what is printed.

import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { closePages, newPage } from "./support/browser.mjs";
import { CLUB, serve } from "./support/election.mjs";
import { cast, review } from "./support/journey.mjs";
import { root } from "./support/packages.mjs";

const PIXELS = 4;
let club;

before(async () => {
  club = await serve(CLUB, { north: 2 });
});
afterEach(closePages);

test("its QR code opens the page that checks it, and says nothing else", async () => {
  const { default: decodeQR } = await import(`${root}website/node_modules/qr/decode.js`);
  const page = await newPage();
  await review(page, club.url, club.voters.north.pop());
  const receipt = await cast(page);
  const size = Number((await page.locator(".qr").getAttribute("viewBox")).split(" ")[2]);
  const squares = await page.locator(".qr path").getAttribute("d");
  const image = { width: size * PIXELS, height: size * PIXELS, data: new Uint8Array(size * size * PIXELS ** 2 * 4).fill(255) };
  for (const [, x, y] of squares.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let at = 0; at < PIXELS ** 2; at += 1) {
      const row = Number(y) * PIXELS + Math.floor(at / PIXELS);
      const column = Number(x) * PIXELS + (at % PIXELS);
      image.data.fill(0, (row * image.width + column) * 4, (row * image.width + column) * 4 + 3);
    }
  }
  assert.equal(decodeQR(image), `${club.url}/check#${receipt}`);
});

test("it is printed without buttons, navigation and the rest of the site", async () => {
  const page = await newPage();
  await review(page, club.url, club.voters.north.pop());
  await cast(page);
  await page.emulateMedia({ media: "print" });
  for (const selector of ["#receipt", ".qr", "h1", "#election-title"]) assert.ok(await page.isVisible(selector), selector);
  for (const selector of ["nav", "footer", "#controls", "#print", ".stages"]) assert.ok(!(await page.isVisible(selector)), selector);
});
