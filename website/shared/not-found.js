// The page for addresses that lead nowhere, in the reader's language.

import { setTitle, startPage } from "./page.js";
import { t } from "./messages.js";

startPage(null, () => setTitle(t("page-not-found")));
