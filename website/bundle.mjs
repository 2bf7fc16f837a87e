// Makes one module of what the pages use of an npm package, with its name, version and licence on top.

import { readFile } from "node:fs/promises";
import { build } from "esbuild";

/** `exports` as in `export { … } from` the package. */
export async function bundle(name, exports) {
  const about = new URL(`node_modules/${name}/package.json`, import.meta.url);
  const { version, license } = JSON.parse(await readFile(about, "utf8"));
  const { outputFiles } = await build({
    stdin: {
      contents: `export { ${exports} } from ${JSON.stringify(name)};`,
      resolveDir: new URL(".", import.meta.url).pathname,
    },
    banner: { js: `// ${name} ${version}, ${license}` },
    bundle: true,
    charset: "utf8",
    format: "esm",
    legalComments: "inline",
    minify: true,
    target: "es2022",
    write: false,
  });
  return outputFiles[0].text;
}
