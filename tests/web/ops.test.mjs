// The operators' page of a real server: the token, what it shows, and each operation with its confirmation.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { closePages, newPage, screenshot } from "./support/browser.mjs";
import { accessible, wellLaidOut } from "./support/checks.mjs";
import { CLUB, serve } from "./support/election.mjs";

afterEach(closePages);

const ID = "club-board-2026";

/** A signed-in page, unless `token` says otherwise. */
async function operate(options, reader) {
  const server = await serve(CLUB, { north: 3, south: 2 }, options);
  const operator = await server.operator();
  const page = await newPage(reader);
  await page.goto(operator.url);
  const signIn = async (token = operator.token) => {
    await page.fill("#token", token);
    await page.press("#token", "Enter");
  };
  return { server, page, operator, signIn };
}

async function confirm(page, button, typed) {
  await page.getByRole("button", { name: button }).first().click();
  await page.fill("#typed", typed);
  await page.press("#typed", "Enter");
}

async function vote(server, voterId, region) {
  const body = { voter_id: voterId, ballot_id: crypto.randomUUID(), selections: { board: ["lopez"] } };
  const answer = await fetch(`${server.url}/regions/${region}/votes`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.status;
}

test("a wrong token is told, and the right one is kept nowhere but in memory", async () => {
  const { page, operator, signIn } = await operate();
  await accessible(page, "sign-in");
  await screenshot(page, "ops-sign-in");
  await signIn("0".repeat(64));
  await page.getByText("This is not the token of the server that runs now.").waitFor();
  assert.equal(await page.locator("#board").isVisible(), false);
  await accessible(page, "a wrong token");
  await signIn();
  await page.locator("#board").waitFor();
  const kept = await page.evaluate(() => JSON.stringify([location.href, document.cookie, { ...localStorage }, { ...sessionStorage }, history.state]));
  assert.ok(!kept.includes(operator.token));
  assert.equal(await page.inputValue("#token"), "");
  await page.reload();
  await page.locator("#sign-in").waitFor();
  assert.equal(await page.locator("#board").isVisible(), false);
});

test("votes show in their region and in the sums, candidates nowhere", async () => {
  const { server, page, signIn } = await operate();
  await signIn();
  await page.getByText("The polls are open", { exact: true }).waitFor();
  assert.equal(await vote(server, server.voters.north[0], "us-west-2"), 202);
  assert.equal(await vote(server, server.voters.north[1], "us-west-2"), 202);
  const west = page.locator(".region", { hasText: "us-west-2" });
  await west.locator("div", { hasText: /^Recorded2$/ }).waitFor();
  await page.getByText(/accepted: every one is accounted for/).waitFor();
  assert.match(await page.locator("#sums").innerText(), /Accepted\s*2/);
  assert.match(await west.innerText(), /Healthy/);
  assert.doesNotMatch(await page.locator("main").innerText(), /López|lopez/);
  for (const width of [320, 360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await wellLaidOut(page, `operators ${width}`);
    await screenshot(page, `ops-open-${width}`);
  }
  await accessible(page, "the board");
});

test("nothing is done unless the name is typed; then a region fails and is restored", async () => {
  const { server, page, signIn } = await operate();
  await signIn();
  const state = async () => JSON.parse(await server.run("status", "--format", "json")).regions[1].state;
  await confirm(page, /Take .us-east-2. out of service/, "us-east-1");
  await page.getByText(/^That is not/).waitFor();
  await accessible(page, "the question");
  await screenshot(page, "ops-confirm");
  assert.equal(await state(), "active");
  await page.keyboard.press("Escape");
  await page.locator("#confirm").waitFor({ state: "hidden" });
  assert.equal(await state(), "active");
  await confirm(page, /Take .us-east-2. out of service/, "us-east-2");
  await page.getByText(/is out of service\.$/).waitFor();
  assert.equal(await state(), "failed");
  assert.equal(await vote(server, server.voters.south[0], "us-east-2"), 503);
  await screenshot(page, "ops-region-failed");
  await accessible(page, "a failed region");
  await confirm(page, /Restore .us-east-2/, "us-east-2");
  await page.getByText(/is active again\.$/).waitFor();
  assert.equal(await state(), "active");
});

test("opened, closed and certified; a refusal is told in the server's words", async () => {
  const { server, page, signIn } = await operate({ open: false, options: ["--second-copy-delay", "500ms"] });
  await signIn();
  const phase = async () => (await server.get("/election")).phase;
  await page.getByText("The polls are not open yet").waitFor();
  await confirm(page, "Open the polls", "club");
  await page.getByText(/^That is not/).waitFor();
  assert.equal(await phase(), "pre-election");
  await page.fill("#typed", ID);
  await page.click("#confirm-do");
  await page.getByText("The polls are open.").waitFor();
  assert.equal(await phase(), "open");
  assert.equal(await vote(server, server.voters.north[0], "us-east-1"), 202);
  await confirm(page, "Close the polls", ID);
  await page.getByText("The polls are closed.").waitFor();
  assert.equal(await phase(), "closed");
  await confirm(page, "Certify the results", ID);
  await page.getByText(/^Refused: .*certify in/).waitFor();
  await screenshot(page, "ops-refused");
  assert.equal(await phase(), "closed");
  for (let attempt = 0; (await phase()) !== "certified" && attempt < 20; attempt += 1) {
    await confirm(page, "Certify the results", ID);
    await page.locator("#outcome", { hasNotText: "Working" }).waitFor();
    if ((await phase()) !== "certified") await page.waitForTimeout(1_000);
  }
  await page.getByText("The results are certified.").waitFor();
  assert.equal(await page.locator("#steps button").count(), 0);
  await screenshot(page, "ops-certified");
});

test("a server that is gone is told, with the numbers of before; in Spanish, too", async () => {
  const { page, signIn } = await operate({}, { language: "es-US" });
  await signIn();
  await page.getByText("La votación está abierta", { exact: true }).waitFor();
  await wellLaidOut(page, "Spanish");
  await page.route(/\/overview$/, (route) => route.abort("connectionrefused"));
  await page.getByText(/^Sin actualizar desde/).waitFor();
  assert.equal(await page.locator("#board").isVisible(), true);
});
