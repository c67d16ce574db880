// Rows of found tags, and the tags that were chosen.
import { make } from "./dom.js";

const CHOSEN = "danbooru-index.chosen";

/** The names and the definition inside the plain line of a tag: 【label】tag - names。 definition @param {string} text */
export function partsOf(text) {
  const rest = text.includes(" - ") ? text.slice(text.indexOf(" - ") + 3) : "";
  const end = rest.indexOf("。");
  return end < 0 ? { names: rest, definition: "" } : { names: rest.slice(0, end), definition: rest.slice(end + 1).trim() };
}

/** The chosen tags, kept for this browser tab's session. */
export class Chosen extends EventTarget {
  /** @type {Map<string, string>} */
  #tags = new Map(JSON.parse(sessionStorage.getItem(CHOSEN) ?? "[]"));
  has = (/** @type {string} */ tag) => this.#tags.has(tag);
  list = () => [...this.#tags.keys()];
  categoryOf = (/** @type {string} */ tag) => this.#tags.get(tag);
  /** @param {string} tag @param {string} [category] */
  toggle(tag, category = "general") {
    if (!this.#tags.delete(tag)) this.#tags.set(tag, category);
    this.#changed();
  }
  clear() {
    this.#tags.clear();
    this.#changed();
  }
  #changed() {
    sessionStorage.setItem(CHOSEN, JSON.stringify([...this.#tags]));
    this.dispatchEvent(new Event("change"));
  }
}

/** One found tag as a button that chooses it. @param {any} hit @param {Chosen} chosen */
export function row(hit, chosen) {
  const { names, definition } = partsOf(hit.text);
  const button = make(
    "button",
    { type: "button", "data-tag": hit.tag, title: definition },
    make("span", { class: `tag ${hit.category}` }, hit.tag),
    make("span", { class: "names" }, names),
    make("span", { class: "posts" }, `${hit.post_count.toLocaleString()} posts · ${hit.score.toFixed(2)}`),
    make("span", { class: "definition" }, definition),
  );
  const mark = () => button.setAttribute("aria-pressed", String(chosen.has(hit.tag)));
  button.addEventListener("click", () => chosen.toggle(hit.tag, hit.category));
  mark();
  return { element: make("li", {}, button), mark };
}

/** Shows found tags in a list and keeps their marks right. @param {HTMLElement} list @param {Chosen} chosen */
export function tagList(list, chosen) {
  /** @type {ReturnType<typeof row>[]} */
  let rows = [];
  chosen.addEventListener("change", () => rows.forEach((one) => one.mark()));
  return (/** @type {any[]} */ hits) => {
    rows = hits.map((hit) => row(hit, chosen));
    list.replaceChildren(...rows.map((one) => one.element));
  };
}
