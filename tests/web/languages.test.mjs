// Languages and texts: complete messages, a switch that keeps everything, and names that stay text.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, before, test } from "node:test";
import { closePages, newPage, screenshot } from "./support/browser.mjs";
import { accessible, wellLaidOut } from "./support/checks.mjs";
import { CLUB, HOSTILE, serve } from "./support/election.mjs";
import { cast, choose, enterId, reach, startVoting, textOf, title } from "./support/journey.mjs";
import { root } from "./support/packages.mjs";

let club;
let hostile;

before(async () => {
  club = await serve(CLUB, { north: 6 });
  hostile = await serve(HOSTILE, { north: 2 });
});
afterEach(closePages);

/** Message id → its arguments, of one file. */
function messages(site, language) {
  const source = readFileSync(`${root}website/${site}/messages/${language}.ftl`, "utf8");
  const entries = source.matchAll(/^([a-z][\w-]*) = ([^]*?)(?=\n[a-z#]|\n*$(?![^]))/gm);
  return Object.fromEntries(
    [...entries].map(([, id, text]) => [id, [...new Set(text.match(/\$\w+/g))].sort().join(" ")]),
  );
}

test("every message exists in both languages, with the same arguments", () => {
  for (const site of ["shared", "vote", "results"]) {
    if (!readdirSync(`${root}website/${site}`).includes("messages")) continue;
    assert.deepEqual(messages(site, "es"), messages(site, "en"), site);
  }
});

test("every message that the voting pages use exists, and every one that exists is used", () => {
  const known = { ...messages("shared", "en"), ...messages("vote", "en") };
  const files = ["shared", "vote"].flatMap((site) =>
    readdirSync(`${root}website/${site}`)
      .filter((name) => /\.(js|html)$/.test(name))
      .map((name) => readFileSync(`${root}website/${site}/${name}`, "utf8")),
  );
  const source = files.join("\n");
  const used = [...source.matchAll(/\bt\("([\w-]+)"|data-(?:t|label)="([\w-]+)"/g)].map((match) => match[1] ?? match[2]);
  assert.deepEqual(used.filter((id) => !(id in known)), []);
  const made = /^(step|voter-id|receipt|config|text-size)-|-(text|what-to-do)$/;
  const mentioned = (id) => source.includes(`"${id}"`) || made.test(id);
  assert.deepEqual(Object.keys(known).filter((id) => !mentioned(id)), []);
});

test("changing the language keeps the votes, the focus and the step", async () => {
  const page = await newPage();
  await page.goto(club.url);
  await page.fill("#voter-id", "half typed");
  await page.click("#language-es");
  await reach(page, "Escriba su identificación");
  assert.equal(await page.inputValue("#voter-id"), "half typed");
  assert.equal(await page.locator("html").getAttribute("lang"), "es");
  assert.ok(await page.locator("#language-es").evaluate((button) => button === document.activeElement));

  await page.fill("#voter-id", club.voters.north.pop());
  await page.click("#continue");
  await page.click("#start");
  await page.check("#option-chen");
  await page.fill("#write-in-1", "Jane Doe");
  await page.click("#language-en");
  await reach(page, "Board");
  assert.equal(await page.isChecked("#option-chen"), true);
  assert.equal(await page.inputValue("#write-in-1"), "Jane Doe");
  await page.click("#next");
  await choose(page, "yes");
  await page.click("#language-es");
  await reach(page, "Revise sus votos");
  await page.goBack();
  await reach(page, "¿Subir la cuota?");
  await page.goForward();
  await reach(page, "Revise sus votos");
  await cast(page);
  await page.click("#language-en");
  await reach(page, "Your ballot was cast");
  assert.equal(page.url(), `${club.url}/?lang=en`);
});

test("problems are told in the language that is chosen next", async () => {
  const page = await newPage();
  await enterId(page, club.url, "K7RM2-9XQ4T-0WZ35");
  await page.locator(".problems").waitFor();
  await page.click("#language-es");
  await page.locator(".problems", { hasText: "Hay un error de escritura" }).waitFor();
  assert.match(await page.title(), /^Error: Escriba/);
});

test("language and text size come along to the other pages and through a reload", async () => {
  const page = await newPage();
  await page.goto(club.url);
  await page.click("#language-es");
  await page.click("#text-size-largest");
  await page.reload();
  await reach(page, "Escriba su identificación");
  await page.click("nav a[href^='/check']");
  await reach(page, "Verificar mi boleta");
  assert.equal(await page.locator("html").getAttribute("data-size"), "largest");
  assert.equal(new URL(page.url()).search, "?lang=es&size=largest");
});

test("a reader of neither language gets English", async () => {
  const page = await newPage({ language: "fr-FR" });
  await page.goto(club.url);
  await reach(page, "Enter your voter ID");
});

test("markup and names of another direction stay text, from the title to the receipt", async () => {
  const page = await newPage({ width: 320 });
  await startVoting(page, hostile.url, hostile.voters.north.pop());
  assert.equal(await title(page), "</h1><script>alert(1)</script>");
  assert.equal(await textOf(page, "#election-title"), '<b>Bold</b> & "quoted" election');
  assert.match(await textOf(page, "fieldset"), /<script>alert\(2\)<\/script>/);
  assert.equal(await page.locator("main img, main i, main script").count(), 0);
  await accessible(page, "hostile names", { enhanced: true });
  await screenshot(page, "hostile-contest");
  await page.check("#option-arabic");
  await page.click("#option-script");
  assert.match(await textOf(page, ".blocked"), /first remove your vote for محمد عبد الله\./);
  await page.uncheck("#option-arabic");
  await page.fill("#write-in-1", '<img src=x onerror="alert(3)"> שלום');
  await page.click("#next");
  await reach(page, "Long names");
  await page.click("#skip");
  await reach(page, "Review your votes");
  assert.match(await textOf(page, ".reviewed"), /<img src=x onerror="alert\(3\)"> שלום \(write-in\)/);
  await screenshot(page, "hostile-review");
  await cast(page);
  assert.match(await textOf(page, "main"), /it fits the choices you made/);
});

test("a long name is not broken at 320 px", async () => {
  const page = await newPage({ width: 320 });
  await startVoting(page, hostile.url, hostile.voters.north.pop());
  await choose(page);
  await wellLaidOut(page, "long names");
});
