// Elections in fresh folders, made and served by the real command as an operator would. Each is
// stopped and deleted after the tests of its file.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after } from "node:test";
import { promisify } from "node:util";
import { root } from "./packages.mjs";

const BINARY = resolve(root, process.env.ELECTION_BINARY ?? "target/debug/election");
const PATIENCE_MS = 30_000;

const running = new Set();

after(() => Promise.all([...running].map((stop) => stop())));

export const CLUB = "examples/club-board/definition.toml";
export const PRESIDENT = "examples/us-president-2020/definition.toml";
export const HOSTILE = "tests/web/definitions/hostile.toml";

/** `people` says how many voters each jurisdiction has. Answers
 *  `{url, voters, run(...arguments), get(path)}`; `voters[jurisdiction]` are voter ids to take. */
export async function serve(definition, people, { open = true, options = [] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "election-web-"));
  const file = (name) => join(folder, name);
  const run = async (...parameters) =>
    (await promisify(execFile)(BINARY, parameters, { cwd: folder })).stdout;

  await run("init", "--definition", resolve(root, definition));
  const homes = Object.entries(people).flatMap(([place, count]) => Array(count).fill(place));
  const rows = homes.map((place, at) => `P-${at},Person ${at},${at} Elm St,${place}\n`);
  await writeFile(file("roll.csv"), `external_id,name,address,jurisdiction\n${rows.join("")}`);
  await run("voters", "import", "--roll", "roll.csv", "--letters", "letters.csv");
  if (open) await run("open");

  const server = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0", ...options], { cwd: folder });
  const url = await address(server);
  async function stop() {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
  running.add(stop);
  return {
    url,
    run,
    voters: letters(await readFile(file("letters.csv"), "utf8")),
    operator: async () => JSON.parse(await readFile(file("data/operator.json"), "utf8")),
    get: async (path) => (await fetch(url + path)).json(),
  };
}

function address(server) {
  return new Promise((resolve, reject) => {
    let log = "";
    server.stdout.resume();
    server.stderr.on("data", (chunk) => {
      log += chunk;
      const said = log.match(/voters reach \D*(http:\/\/[\d.:]+)/);
      if (said) resolve(said[1]);
    });
    server.once("exit", () => reject(new Error(`the server ended: ${log}`)));
  });
}

function letters(csv) {
  const voters = {};
  for (const line of csv.trim().split("\n").slice(1)) {
    const fields = line.split(",");
    (voters[fields.at(-1)] ??= []).push(fields[0]);
  }
  return voters;
}

/** Waits until `find` answers something true; fails after half a minute. */
export async function eventually(what, find) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const found = await find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain: ${what}`);
}
