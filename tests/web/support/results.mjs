// The results page of a real server whose API a test answers for.

import { readFile } from "node:fs/promises";
import { newPage, screenshot } from "./browser.mjs";
import { accessible, wellLaidOut } from "./checks.mjs";
import { CLUB, eventually, serve } from "./election.mjs";

// Of the whole file of tests: what a test starts ends with it.
const server = await serve(CLUB, { north: 1 });

/** Opens the page. `view.answer` is what the API answers next (null: nothing), `view.fails` whether it fails, and
 *  `view.asked` tells each question: `{path, tag, status}`. */
export async function openResults(subject, answer, options) {
  const page = await newPage(options);
  const view = { page, answer, fails: answer === null, asked: [] };
  await page.route(/\/(election|votes|visits)$/, (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path.endsWith("/election")) return route.fulfill({ json: subject });
    if (path.endsWith("/visits")) return route.fulfill({ json: { visits: 1 } });
    return results(view, path, route);
  });
  view.url = (hash) => `${server.url}/results${hash}`;
  view.fits = (where) => wellLaidOut(page, where);
  view.accessible = (where) => accessible(page, where);
  view.screenshot = (name) => screenshot(page, name);
  view.until = (what, condition) => eventually(what, condition);
  await page.goto(view.url(""));
  if (answer) await page.locator("#results").waitFor();
  return view;
}

function results(view, path, route) {
  const tag = route.request().headers()["if-none-match"] ?? null;
  const ask = (status) => view.asked.push({ path, tag, status });
  if (view.fails) {
    ask(0);
    return route.abort("connectionrefused");
  }
  const etag = `"${view.answer.seq}"`;
  ask(tag === etag ? 304 : 200);
  if (tag === etag) return route.fulfill({ status: 304, headers: { etag } });
  return route.fulfill({ json: view.answer, headers: { etag } });
}

/** What a link downloads. */
export async function download(page, link) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(link)]);
  return readFile(await file.path(), "utf8");
}
