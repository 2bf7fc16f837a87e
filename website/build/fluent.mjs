// The messages' formatter.

import { bundle } from "../bundle.mjs";

export default async function fluent() {
  return {
    "shared/vendor/fluent.js": await bundle("@fluent/bundle", "FluentBundle, FluentResource"),
  };
}
