// The operator listener as the page uses it. The token is in this module's memory and in the requests' header,
// nowhere else.

let token = "";

export function useToken(text) {
  token = text;
}

/** What is going on: `{status, body}`; status 0 if there is no answer. */
export async function overview() {
  const response = await send("/overview");
  const body = response?.ok ? await response.json().catch(() => null) : null;
  return { status: response?.ok && !body ? 0 : (response?.status ?? 0), body };
}

/** Does an operation: answers `{event: "done" | "refused" | "failed", text?}`; event "lost" if nobody can tell. */
export async function operate(operation) {
  const response = await send("/operations", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(operation),
  });
  const lines = response?.ok ? (await response.text().catch(() => "")).trim().split("\n") : [];
  try {
    const last = JSON.parse(lines.at(-1));
    return last.event === "progress" ? { event: "lost" } : last;
  } catch {
    return { event: "lost" };
  }
}

function send(path, { headers, ...options } = {}) {
  return fetch(path, {
    ...options,
    headers: { ...headers, authorization: `Bearer ${token}` },
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
  }).catch(() => null);
}
