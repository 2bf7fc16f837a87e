// Writes the files that aren't written by hand, each by a module of `build/` whose default export
// answers {path: content}. With --check it writes nothing and fails if a committed file differs.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const here = (path) => new URL(path, import.meta.url);
const check = process.argv.includes("--check");

for (const builder of (await readdir(here("build/"))).sort()) {
  const { default: build } = await import(here(`build/${builder}`));
  for (const [path, content] of Object.entries(await build())) {
    if (check) {
      const committed = await readFile(here(path), "utf8").catch(() => null);
      if (committed !== content) {
        console.error(`website/${path} is not what build/${builder} makes: run 'npm run build'`);
        process.exitCode = 1;
      }
    } else {
      await mkdir(dirname(here(path).pathname), { recursive: true });
      await writeFile(here(path), content);
      console.log(`website/${path}: ${Buffer.byteLength(content)} bytes`);
    }
  }
}
