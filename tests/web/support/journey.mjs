// What voters do on the pages, by what is there in every language.

/** The text of an element, without the marks that isolate names of another direction. */
export async function textOf(page, selector) {
  const text = await page.locator(selector).first().innerText();
  return text.replace(/[\u2066-\u2069]/g, "").replaceAll("\u00a0", " ");
}

export async function title(page) {
  return textOf(page, "h1");
}

/** Waits for a heading. */
export async function reach(page, heading) {
  await page.locator("h1", { hasText: heading }).waitFor();
}

export async function enterId(page, url, voterId) {
  await page.goto(url);
  await page.fill("#voter-id", voterId);
  await page.click("#continue");
}

export async function startVoting(page, url, voterId) {
  await enterId(page, url, voterId);
  await page.click("#start");
  await page.locator("fieldset").waitFor();
}

/** Chooses in the contest shown, by candidates' ids, and goes on. */
export async function choose(page, ...candidates) {
  const before = await title(page);
  for (const id of candidates) await page.check(`#option-${id}`);
  await page.click(candidates.length > 0 ? "#next" : "#skip");
  await page.waitForFunction(
    (was) => document.querySelector("h1").innerText.replace(/[\u2066-\u2069]/g, "") !== was,
    before,
  );
}

/** From the voter ID to the review of a ballot of the north branch. */
export async function review(page, url, voterId) {
  await startVoting(page, url, voterId);
  await choose(page, "lopez", "chen");
  await choose(page, "yes");
  await page.locator("#cast").waitFor();
}

/** Casts and answers the receipt. */
export async function cast(page) {
  await page.click("#cast");
  return receiptOf(page);
}

export async function receiptOf(page) {
  await page.locator("#receipt").waitFor();
  return (await page.locator("#receipt").innerText()).replace(/\s+/g, "-");
}

/** Tabs until the element has the focus. */
export async function tabTo(page, selector) {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await page.locator(selector).evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${selector} can't be reached with Tab`);
}
