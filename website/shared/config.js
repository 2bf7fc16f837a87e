// Where the API is, as /config.json says: `{"api": "/"}` is the pages' own host, else an origin such as
// "https://api.example.org". Asked once; never changed while a page is open.

/** What is wrong: "missing", "wrong" or "unreachable". */
export class ConfigurationError extends Error {}

let address = null;

/** What the API's paths are put after: "" or an origin. Throws a ConfigurationError. */
export function apiAddress() {
  address ??= read();
  return address;
}

async function read() {
  const response = await fetch("/config.json", { credentials: "omit", cache: "no-cache" }).catch(() => {
    throw new ConfigurationError("unreachable");
  });
  if (response.status >= 500) throw new ConfigurationError("unreachable");
  if (!response.ok) throw new ConfigurationError("missing");
  const { api } = (await response.json().catch(() => null)) ?? {};
  if (api === "/") return "";
  if (typeof api === "string" && isOrigin(api)) return api;
  throw new ConfigurationError("wrong");
}

function isOrigin(text) {
  return URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text);
}
