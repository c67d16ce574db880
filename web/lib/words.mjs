// The page's own words in the user's language; English where a word is missing.
import { app } from "../../../scripts/app.js";

export const LANGUAGES = ["en", "zh", "zh-TW", "ja", "ko"];
/** @type {Record<string, string>} */
let words = {};
let loading = Promise.resolve();
let language = "";

/** ComfyUI's language, as this pack names it. */
export function locale() {
  const chosen = String(app.extensionManager?.setting?.get("Comfy.Locale") ?? navigator.language ?? "en");
  if (LANGUAGES.includes(chosen)) return chosen;
  if (/^zh[-_](tw|hk|hant)/i.test(chosen)) return "zh-TW";
  return LANGUAGES.find((known) => known === chosen.slice(0, 2)) ?? "en";
}

/** Load the words of the language that is chosen now. */
export function ready() {
  const wanted = locale();
  if (wanted !== language) {
    language = wanted;
    loading = (async () => {
      const read = async (/** @type {string} */ name) => {
        const answer = await fetch(new URL(`../lang/${name}.json`, import.meta.url));
        return answer.ok ? answer.json() : {}; // without words their names are shown, and everything works
      };
      const [english, own] = await Promise.all([read("en"), wanted === "en" ? {} : read(wanted)]);
      words = { ...english, ...own };
    })();
  }
  return loading;
}

/** @param {string} name @param {Record<string, string | number>} [values] */
export function t(name, values = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (all, value) => String(values[value] ?? all));
}

/** Something that the engine tells, in the user's language where it has words for it. @param {{key: string, values: Record<string, string | number>, text: string}} notice */
export function notice({ key, values, text }) {
  const name = `notice.${key}`;
  if (!(name in words)) return text;
  return t(name, Object.fromEntries(Object.entries(values).map(([value, one]) => [value, typeof one === "number" ? one.toLocaleString(locale()) : one])));
}

/** "a, b, and c" as the language has it. @param {string[]} parts */
export function list(parts) {
  return new Intl.ListFormat(locale()).format(parts);
}

/** The names of a tag in the user's language first. @param {Record<string, string[] | string>} names */
export function nameOf(names) {
  const own = locale();
  // Simplified and traditional readers read each other's names sooner than English ones.
  const order = own.startsWith("zh") ? [own, own === "zh" ? "zh-TW" : "zh", "zh_tw", "zh"] : [own];
  for (const wanted of order) {
    const found = names?.[wanted];
    const first = Array.isArray(found) ? found[0] : found;
    if (first) return first;
  }
  return "";
}
