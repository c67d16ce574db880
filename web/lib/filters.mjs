// The line of filters above what the sidebar finds: category, NSFW and how many posts at least.
import { el } from "./dom.mjs";
import { NSFW } from "./settings.mjs";
import { locale, t } from "./words.mjs";

const CATEGORIES = ["general", "character", "copyright", "artist", "meta"];
const LEAST_POSTS = [0, 100, 1000, 10000, 100000];

/** @param {{category: string, nsfw: string}} chosen @param {(change: {category?: string, nsfw?: string, least?: number}) => void} change */
export function filterBar(chosen, change) {
  const chips = ["", ...CATEGORIES].map((name) => el(`button.dbi-filter${name ? `.dbi-${name}` : ""}`, {
    type: "button", "data-category": name, "aria-pressed": String(name === chosen.category),
    onclick: () => change({ category: name }) }, t(name ? `category.${name}` : "filter.all")));
  const nsfw = el("select.dbi-select", { "aria-label": t("filter.nsfw"),
    onchange: (/** @type {any} */ event) => change({ nsfw: event.target.value }) },
    ...NSFW.map((value) => el("option", { value, selected: value === chosen.nsfw }, t(`filter.nsfw.${value}`))));
  const least = el("select.dbi-select", { "aria-label": t("filter.posts"),
    onchange: (/** @type {any} */ event) => change({ least: Number(event.target.value) }) },
    ...LEAST_POSTS.map((value) => el("option", { value }, value ? `≥ ${value.toLocaleString(locale())}` : "≥ 0")));
  return el("div.dbi-filters", {}, ...chips, nsfw, least);
}

/** Mark the category that is chosen now. @param {HTMLElement} bar @param {string} category */
export function press(bar, category) {
  for (const chip of bar.querySelectorAll("[data-category]")) {
    chip.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (chip).dataset.category === category));
  }
}
