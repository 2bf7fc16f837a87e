// The page's language: its messages (`messages/LANGUAGE.ftl` here and in each site), numbers, times, and
// the definition's texts. Keeps nothing but the language, which isn't about the voter.

import { prefer, preference } from "./preferences.js";
import { FluentBundle, FluentResource } from "./vendor/fluent.js";

/** Each language by its own name. The first is for readers of none of them. */
export const LANGUAGES = { en: "English", es: "Español" };
const LOCALES = { en: "en-US", es: "es-US" };
const KNOWN = Object.keys(LANGUAGES);

const folders = ["shared"];
const listeners = [];
let current = initialLanguage();
let bundle = null;
let definitionsFirst = null; // the language that every text of the definition has

function initialLanguage() {
  const wanted = [preference("lang"), ...navigator.languages].map((tag) => tag?.split("-")[0]);
  return wanted.find((language) => KNOWN.includes(language)) ?? KNOWN[0];
}

/** Loads what `t` needs: the messages of all pages and of a site, its folder. Throws if they can't be had. */
export async function loadMessages(site) {
  if (site && !folders.includes(site)) folders.push(site);
  await load(current);
}

async function load(language) {
  const texts = await Promise.all(
    folders.map(async (folder) => {
      const response = await fetch(`/assets/${folder}/messages/${language}.ftl`, { credentials: "omit" });
      if (!response.ok) throw new Error(`no messages: ${folder}, ${language}`);
      return response.text();
    }),
  );
  const loaded = new FluentBundle(LOCALES[language]);
  for (const text of texts) loaded.addResource(new FluentResource(text));
  bundle = loaded;
  current = language;
  document.documentElement.lang = language;
}

export function language() {
  return current;
}

/** Changes it in place; who was registered with `onLanguage` shows everything anew. */
export async function setLanguage(wanted) {
  if (wanted === current) return;
  await load(wanted);
  prefer("lang", wanted);
  for (const listener of listeners) listener();
}

export function onLanguage(listener) {
  listeners.push(listener);
}

/** A message. Arguments in it are isolated, so that names of any direction leave the sentence whole. */
export function t(id, args) {
  const message = bundle?.getMessage(id);
  return message?.value ? bundle.formatPattern(message.value, args, []) : id;
}

// ---- Texts of the definition

export function setDefinitionLanguage(first) {
  definitionsFirst = first;
}

/** A text of the definition in the page's language, or in the definition's first one. */
export function text(value) {
  if (value == null || typeof value === "string") return value ?? "";
  return value[textLanguage(value)] ?? "";
}

/** The language that `text` answers in, or undefined if it is not known. */
export function textLanguage(value) {
  if (value == null || typeof value === "string") return undefined;
  return [current, definitionsFirst, ...Object.keys(value)].find((tag) => tag in value);
}

// ---- Numbers and times

export function number(value, options) {
  return value.toLocaleString(LOCALES[current], options);
}

/** `options` as of Intl.DateTimeFormat; the reader's time zone. */
export function dateTime(instant, options = { dateStyle: "long", timeStyle: "short" }) {
  return new Date(instant).toLocaleString(LOCALES[current], options);
}
