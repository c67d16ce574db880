// The sidebar tab: search in any language, related tags, favourites and history, above the line of the index.
import { lastBox, toggle } from "./box.mjs";
import { el, own, style } from "./dom.mjs";
import { filterBar, press } from "./filters.mjs";
import { fitting } from "./fits.mjs";
import { Foot } from "./foot.mjs";
import { showJob } from "./job.mjs";
import * as memory from "./memory.mjs";
import { past, row } from "./rows.mjs";
import { LiveSearch } from "./search.mjs";
import { ask, describe } from "./service.mjs";
import { setting, toast } from "./settings.mjs";
import { find, items, key, written } from "./text.mjs";
import { locale, ready, t } from "./words.mjs";

const TABS = ["results", "related", "favourites", "history"];

/** Build the tab into an element of ComfyUI's; returns what has to be called when it goes. @param {HTMLElement} root */
export async function render(root) {
  style();
  await ready();
  root.style.height = "100%"; // else the list grows, and the line of the index below it is out of sight
  const tab = new Sidebar(root);
  await tab.start();
  return () => tab.stop();
}

class Sidebar {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.tab = "results";
    this.category = "";
    this.nsfw = String(setting("nsfw"));
    this.least = 0;
    this.active = -1;
    this.text = this.whole = ""; // the latter: for which all hits are shown
    /** @type {HTMLElement | null} */
    this.more = null;
    /** @type {{hit: any, facts: any}[]} */
    this.rows = [];
    /** @type {memory.Memory} */
    this.memory = { history: [], favourites: [] };
    this.search = new LiveSearch({
      filters: () => ({ categories: this.category ? [this.category] : [], nsfw: this.nsfw, min_count: this.least }),
      found: (found) => this.found(found),
      failed: (error) => this.say(error.message, error.hint),
      waiting: (job) => this.wait(job),
      slow: () => { this.status.textContent = t("index.opening"); },
    });
    this.onBox = () => this.mark();
    this.input = /** @type {HTMLInputElement} */ (el("input.dbi-input", {
      type: "search", placeholder: t("search.placeholder"), "aria-label": t("search.label"), role: "combobox", "aria-expanded": "true",
      "aria-controls": "dbi-list", "aria-autocomplete": "list", "aria-keyshortcuts": "Shift+Enter", autocomplete: "off", spellcheck: false,
      oninput: (/** @type {InputEvent} */ event) => event.isComposing || this.typed(),
      oncompositionend: () => this.typed(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.pressed(event),
    }));
    this.list = el("div.dbi-list", { id: "dbi-list", role: "listbox", "aria-label": t("search.label"), tabIndex: -1 });
    this.status = el("div.dbi-status", { role: "status", "aria-live": "polite" });
    this.said = el("div.dbi-unseen", { role: "status", "aria-live": "polite" });
    this.foot = new Foot();
    this.tabs = el("div.dbi-tabs", { role: "tablist" }, ...TABS.map((name) => el("button.dbi-tab", {
      type: "button", role: "tab", "data-tab": name, onclick: () => this.show(name) }, t(`tab.${name}`))));
    this.filters = filterBar(this, (change) => this.filter(change));
    this.root = own(el("div.dbi.dbi-sidebar", { lang: locale() }, this.input, this.filters, this.tabs, this.status, this.said, this.list, this.foot.root));
    root.replaceChildren(this.root);
  }

  /** @param {{category?: string, nsfw?: string, least?: number}} change */
  filter(change) {
    Object.assign(this, change);
    press(this.filters, this.category);
    if (this.tab === "related") void this.related();
    else this.search.again();
  }

  async start() {
    document.addEventListener("input", this.onBox, true);
    document.addEventListener("focusin", this.onBox, true);
    this.memory = await memory.read();
    this.show("results");
    await this.foot.start();
    this.input.focus({ preventScroll: true });
  }

  stop() {
    this.search.stop();
    this.foot.stop();
    document.removeEventListener("input", this.onBox, true);
    document.removeEventListener("focusin", this.onBox, true);
  }

  // What is typed and pressed

  typed() {
    const text = this.input.value.trim();
    if (!text) {
      this.search.stop();
      this.text = "";
      if (this.tab === "results") this.fill([], t("search.hint"));
      return;
    }
    if (this.tab !== "results") this.show("results", false);
    this.search.type(text);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return; // Ctrl+Enter queues the prompt
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    const rows = this.list.querySelectorAll(".dbi-row");
    const chosen = rows[Math.max(0, this.active)];
    if (step) {
      const next = this.active + step;
      if (next >= rows.length) this.more?.click(); // those that do not fit come below
      this.activate(Math.max(0, Math.min(this.list.querySelectorAll(".dbi-row").length - 1, next)));
    } else if (event.key === "Enter" && chosen) {
      /** @type {HTMLElement | null} */ (event.shiftKey ? chosen.querySelector(".dbi-star") : chosen)?.click();
    } else if (event.key === "Escape" && this.input.value) {
      this.input.value = "";
      this.typed();
    } else return;
    event.preventDefault();
  }

  /** @param {number} place @param {boolean} [scroll] */
  activate(place, scroll = true) {
    this.active = place;
    this.list.querySelectorAll(".dbi-row").forEach((node, number) => {
      node.classList.toggle("dbi-active", number === place);
      node.setAttribute("aria-selected", String(number === place));
      if (number === place) {
        if (scroll) node.scrollIntoView({ block: "nearest" });
        this.input.setAttribute("aria-activedescendant", node.id);
      }
    });
  }

  /** @param {string} tag */
  take(tag) {
    const became = toggle(tag, { spaces: setting("spaces"), escape: setting("escape") });
    if (became === null) {
      void navigator.clipboard?.writeText(tag).catch(() => undefined);
      toast("info", t("box.none", { tag }));
    } else if (became === "inserted" && this.text && setting("history")) this.keep(this.text);
    this.mark();
    if (this.tab === "related") void this.related();
  }

  /** @param {string} text */
  keep(text) {
    this.memory.history = [text, ...this.memory.history.filter((one) => one !== text)];
    void memory.addToHistory(text);
  }

  /** @param {string} tag */
  star(tag) {
    const on = !this.memory.favourites.includes(tag);
    const others = this.memory.favourites.filter((one) => one !== tag);
    this.memory.favourites = on ? [tag, ...others] : others;
    void memory.setFavourite(tag, on);
    const name = { tag: written(tag, { escape: false }) };
    this.said.textContent = on ? t("favourite.on", name) : t("favourite.off", name);
    if (this.tab === "favourites") void this.favourites(true);
    else this.mark();
  }

  // What is shown

  /** @param {string} name @param {boolean} [fill] */
  show(name, fill = true) {
    this.tab = name;
    this.more = null;
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(/** @type {HTMLElement} */ (tab).dataset.tab === name));
    this.filters.hidden = name === "favourites" || name === "history";
    if (!fill) return;
    if (name === "results") {
      if (this.text) this.search.again();
      else this.fill([], t("search.hint"));
    } else if (name === "related") void this.related();
    else if (name === "favourites") void this.favourites();
    else this.history();
  }

  /** @param {import("./search.mjs").Found} found */
  found(found) {
    if (this.tab !== "results") return;
    this.text = found.text;
    const { shown, words, more } = fitting(found, this.whole, () => {
      this.whole = found.text;
      this.found(found);
    });
    this.fill(shown.map((hit) => ({ hit, facts: found.facts.get(hit.tag) })), words, found.facts.size > 0, more);
  }

  async related() {
    const box = lastBox();
    const tags = box ? [...new Set(items(box.value).map((item) => key(item.text)))].filter((tag) => tag.length < 60).slice(-12) : [];
    if (!tags.length) return this.fill([], t("related.none"));
    try {
      const answer = await ask("related", { tags, limit: 30, nsfw: this.nsfw, min_count: this.least, categories: this.category ? [this.category] : [] });
      if (this.tab !== "related") return;
      const facts = await describe(answer.hits.map((/** @type {any} */ hit) => hit.tag));
      const of = tags.filter((tag) => !answer.unknown.includes(tag)).slice(-4).join(", ").replaceAll("_", " ");
      this.fill(answer.hits.map((/** @type {any} */ hit) => ({ hit, facts: facts.get(hit.tag) })), t("related.of", { tags: of }));
    } catch (error) {
      this.fill([], t("related.none"));
    }
  }

  /** @param {boolean} [keepActive] */
  async favourites(keepActive = false) {
    const tags = this.memory.favourites.slice(0, 300);
    if (!tags.length) return this.fill([], t("favourites.none"));
    const facts = await describe(tags).catch(() => new Map());
    this.fill(tags.map((tag) => ({ facts: facts.get(tag), hit: { tag, category: facts.get(tag)?.category ?? "general", post_count: facts.get(tag)?.post_count ?? 0 } })), "", keepActive);
  }

  history() {
    this.rows = [];
    this.status.textContent = this.memory.history.length ? "" : t("history.none");
    this.list.replaceChildren(
      ...this.memory.history.slice(0, 100).map((text, number) => past(text, `dbi-row-${number}`, () => {
        this.input.value = text;
        this.show("results", false);
        this.search.type(text, true);
      })));
    this.activate(this.memory.history.length ? 0 : -1);
    if (this.memory.history.length) {
      this.status.replaceChildren(el("button.dbi-link", { type: "button", onclick: () => {
        this.memory.history = [];
        void memory.clearHistory();
        this.history();
      } }, t("history.clear")));
    }
  }

  /** @param {{hit: any, facts: any}[]} rows @param {string} words @param {boolean} [keepActive] @param {HTMLElement | null} [more] */
  fill(rows, words, keepActive = false, more = null) {
    this.rows = rows;
    this.more = more;
    this.status.replaceChildren(words, ...(more ? [" ", more] : []));
    this.draw();
    this.activate(Math.min(keepActive ? this.active : 0, rows.length - 1));
  }

  draw() {
    const text = lastBox()?.value ?? "";
    const top = this.list.scrollTop;
    this.list.replaceChildren(...this.rows.map(({ hit, facts }, number) => row(hit, facts, {
      id: `dbi-row-${number}`,
      inBox: Boolean(text && find(text, hit.tag)),
      favourite: this.memory.favourites.includes(hit.tag),
      star: (tag) => this.star(tag),
      take: (tag) => {
        this.active = number;
        this.take(tag);
      },
    })));
    this.list.scrollTop = top;
  }

  /** Mark anew which tags stand in the text box. */
  mark() {
    if (this.tab === "history" || !this.root.isConnected) return;
    const { active } = this;
    this.draw();
    if (active >= 0) this.activate(active, false);
  }

  /** @param {string} words @param {string} [hint] */
  say(words, hint = "") {
    this.rows = [];
    this.more = null;
    this.list.replaceChildren();
    this.status.textContent = hint ? `${words} ${hint}` : words;
  }

  /** @param {any} job */
  wait(job) {
    this.rows = [];
    showJob(this.list, job);
    this.status.textContent = "";
    if (job.state !== "running") void this.foot.state();
  }
}
