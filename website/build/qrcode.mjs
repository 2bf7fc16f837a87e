// The receipt's QR code.

import { bundle } from "../bundle.mjs";

export default async function qrcode() {
  return { "vote/vendor/qrcode.js": await bundle("qr", "encodeQR") };
}
