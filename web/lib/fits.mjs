// What is shown of a search: the hits that fit, and a way to see those below.
import { el } from "./dom.mjs";
import { t } from "./words.mjs";

/**
 * @param {import("./search.mjs").Found} found @param {string} whole the text for which all hits are shown
 * @param {() => void} showAll
 */
export function fitting({ text, hits }, whole, showAll) {
  const fit = hits.filter((hit) => hit.fits);
  const shown = whole === text ? hits : fit;
  const rest = hits.length - shown.length;
  const more = rest ? el("button.dbi-link", { type: "button", onclick: showAll, title: "↓",
    onmousedown: (/** @type {Event} */ event) => event.preventDefault() }, t("search.all", { count: rest })) : null; // the text box keeps its cursor
  return { shown, more, words: fit.length ? "" : hits.length ? t("search.unfit") : t("search.none", { text }) };
}
