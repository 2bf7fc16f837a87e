// The table of jurisdictions, in the order that the reader chose: the accessible form of the map.

import { candidateName, jurisdictionName } from "../shared/election.js";
import { bdi, el } from "../shared/elements.js";
import { language, number, t, text } from "../shared/messages.js";
import { arrange, colour, percentage } from "./contests.js";
import { leader } from "./counts.js";

const COLUMNS = ["name", "ballots", "leading"];

let order = { column: "name", descending: false };

/** The table, and the function that shows counts in it. */
export function jurisdictionTable() {
  const rows = new Map();
  let latest = null;
  const heads = new Map(
    COLUMNS.map((column) => {
      const sort = () => {
        // Numbers are wanted largest first.
        const descending = order.column === column ? !order.descending : column === "ballots";
        order = { column, descending };
        show(...latest);
      };
      const button = el("button", { type: "button", class: "sort", onclick: sort }, t(`column-${column}`));
      return [column, el("th", { scope: "col", role: "columnheader", class: column }, button)];
    }),
  );
  const body = el("tbody", { role: "rowgroup" });
  const element = el(
    "table",
    { role: "table", class: "jurisdictions" },
    el("caption", {}, t("table-caption")),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...heads.values())),
    body,
  );

  /** `contest` is the one whose leaders are shown, of the whole election; null for turnout only. */
  function show(jurisdictions, contest) {
    latest = [jurisdictions, contest];
    for (const [column, head] of heads) {
      head.hidden = column === "leading" && !contest;
      if (column === order.column) head.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    const lines = jurisdictions.map((jurisdiction) => {
      const ahead = contest && leader(jurisdiction.contests.find(({ id }) => id === contest.id));
      return { jurisdiction, ahead, keys: sortKeys(jurisdiction, ahead) };
    });
    lines.sort((a, b) => compare(a.keys, b.keys));
    const shown = lines.map(({ jurisdiction, ahead }) => {
      const row = rows.get(jurisdiction.id) ?? jurisdictionRow(jurisdiction);
      rows.set(jurisdiction.id, row);
      row.show(jurisdiction.ballots_cast, contest, ahead);
      return row.element;
    });
    arrange(body, shown);
  }

  return { element, show };
}

function sortKeys(jurisdiction, ahead) {
  return {
    name: text(jurisdictionName(jurisdiction)),
    ballots: jurisdiction.ballots_cast,
    leading: ahead?.candidate?.name ?? "",
    share: ahead?.candidate?.percent ?? -1,
  };
}

function compare(a, b) {
  const { column, descending } = order;
  const byText = (key) => a[key].localeCompare(b[key], language());
  const inOrder = {
    name: () => byText("name"),
    ballots: () => a.ballots - b.ballots,
    // Where nobody leads comes last.
    leading: () => (a.leading === "") - (b.leading === "") || byText("leading") || b.share - a.share,
  }[column]();
  return (descending ? -inOrder : inOrder) || byText("name");
}

function jurisdictionRow(jurisdiction) {
  const link = el("a", { href: `#/${jurisdiction.id}` }, bdi(jurisdictionName(jurisdiction)));
  const ballots = el("td", { role: "cell", class: "ballots" });
  const leading = el("td", { role: "cell", class: "leading" });
  return {
    element: el("tr", { role: "row" }, el("th", { scope: "row", role: "rowheader" }, link), ballots, leading),
    show(count, contest, ahead) {
      ballots.textContent = number(count);
      leading.hidden = !contest;
      if (contest) leading.replaceChildren(...aheadWords(contest, ahead));
    },
  };
}

function aheadWords(contest, ahead) {
  if (!ahead) return ["—"];
  if (ahead.tie) return [el("span", { class: "swatch tie" }), t("tie")];
  const { candidate } = ahead;
  return [
    el("span", { class: `swatch ${colour(contest, candidate.id)}` }),
    bdi(candidateName(contest, candidate)),
    ` ${percentage(candidate.percent)}`,
  ];
}
