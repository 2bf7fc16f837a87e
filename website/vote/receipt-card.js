// The receipt as voters take it with them: nine groups, and a QR code that opens the page that checks it.

import { el } from "../shared/elements.js";
import { t } from "../shared/messages.js";
import { receiptGroups } from "./receipt.js";

const SVG = "http://www.w3.org/2000/svg";
const QUIET_MODULES = 4;

let encodeQR = null;

/** To be called before the receipt is there; without it, or if it fails, there is no QR code. */
export async function loadQRCode() {
  const encoder = await import("./vendor/qrcode.js").catch(() => null);
  encodeQR = encoder?.encodeQR;
}

export function receiptCard(receipt) {
  const groups = receiptGroups(receipt).flatMap((group, at) => [at > 0 && " ", el("span", {}, group)]);
  return el(
    "div",
    { class: "receipt" },
    el("p", { class: "groups code", id: "receipt" }, ...groups),
    encodeQR && qrCode(`${location.origin}/check#${receiptGroups(receipt).join("-")}`, t("receipt-qr")),
  );
}

/** The receipt is after `#`: whoever opens the address doesn't send it. */
function qrCode(address, label) {
  const rows = encodeQR(address, "raw", { ecc: "medium", border: QUIET_MODULES });
  const squares = rows.flatMap((row, y) =>
    row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).filter(Boolean),
  );
  const size = rows.length;
  return drawing(
    "svg",
    { class: "qr", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label },
    drawing("rect", { width: size, height: size, fill: "#fff" }),
    drawing("path", { d: squares.join(""), fill: "#000", "shape-rendering": "crispEdges" }),
  );
}

function drawing(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
