// What a reader chose for these pages, language and text size: in memory, and in the address's query
// (`?lang=es&size=large`), so that a reload and the links between pages keep it. Never in storage.

const chosen = new URLSearchParams(location.search);

export function preference(name) {
  return chosen.get(name);
}

/** Also puts it into the address and into the links to the other pages. */
export function prefer(name, value) {
  chosen.set(name, value);
  keepPreferences();
}

/** Into the address as well: going back leads to one that has older preferences. */
export function keepPreferences() {
  const query = queryOf(chosen);
  if (location.search !== query) history.replaceState(history.state, "", location.pathname + query + location.hash);
  for (const link of document.querySelectorAll("a[href^='/']")) link.href = withPreferences(link.getAttribute("href"));
}

/** The address of another page, with the preferences. */
export function withPreferences(href) {
  const url = new URL(href, location.origin);
  return url.pathname + queryOf(chosen) + url.hash;
}

function queryOf(parameters) {
  const known = ["lang", "size"].filter((name) => parameters.has(name));
  if (known.length === 0) return "";
  return `?${known.map((name) => `${name}=${encodeURIComponent(parameters.get(name))}`).join("&")}`;
}
