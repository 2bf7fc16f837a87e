// The npm packages of website/package.json, for tests that are in another folder.

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
export const require = createRequire(`${root}website/package.json`);
