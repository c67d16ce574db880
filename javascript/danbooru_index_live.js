// Live search in the prompt boxes of Stable Diffusion WebUI: a key opens a list of tags for the words before the caret.
(function () {
  "use strict";

  const TABS = ["txt2img", "img2img"];
  const QUIET = 150; // milliseconds without a key before a search

  /** "Ctrl+Shift+K" -> whether an event is that key. @param {KeyboardEvent} event @param {string} wanted */
  function isKey(event, wanted) {
    const parts = wanted.split("+").map((part) => part.trim().toLowerCase()).filter(Boolean);
    const key = wanted.endsWith("++") ? "+" : parts[parts.length - 1];
    if (!key) return false;
    const flags = { ctrl: event.ctrlKey, alt: event.altKey, shift: event.shiftKey, meta: event.metaKey };
    return event.key.toLowerCase() === key && Object.entries(flags).every(([name, on]) => parts.slice(0, -1).includes(name) === on);
  }

  /** The words before the caret: since the last comma or line. @param {HTMLTextAreaElement} area */
  function wordsBefore(area) {
    const end = area.selectionEnd;
    const start = Math.max(...[",", "\n", "，", "、"].map((mark) => area.value.lastIndexOf(mark, end - 1))) + 1;
    const text = area.value.slice(start, end);
    return { text: text.trim(), start: start + (text.length - text.trimStart().length), end };
  }

  /** @param {EventTarget | null} target @returns {target is HTMLTextAreaElement} */
  function isPrompt(target) {
    return target instanceof HTMLTextAreaElement && Boolean(target.closest(TABS.map((tab) => `#${tab}_prompt, #${tab}_neg_prompt`).join(", ")));
  }

  class LiveSearch {
    constructor() {
      const { make, newest } = window.danbooruIndex;
      this.popup = make("div", { className: "danbooru-index-popup", hidden: true, role: "listbox", "aria-label": "Tags" });
      this.latest = newest();
      /** @type {HTMLTextAreaElement | null} */
      this.box = null;
      this.span = [0, 0];
      this.place = 0;
      this.pause = 0;
      /** @type {any[]} */
      this.rest = []; // the hits, while only those that fit are shown
      document.body.append(this.popup);
    }

    get rows() {
      return /** @type {HTMLElement[]} */ ([...this.popup.children]);
    }

    /** @param {HTMLTextAreaElement} area */
    open(area) {
      const at = area.getBoundingClientRect();
      this.box = area;
      this.popup.style.left = `${at.left + window.scrollX}px`;
      this.popup.style.top = `${at.bottom + window.scrollY}px`;
      this.popup.style.minWidth = `${Math.min(at.width, 420)}px`;
      this.popup.replaceChildren(window.danbooruIndex.make("div", { className: "danbooru-index-note" }, "…"));
      this.popup.hidden = false;
      void this.lookUp();
    }

    close() {
      this.popup.hidden = true;
      this.latest.stop();
      clearTimeout(this.pause);
      this.box = null;
    }

    async lookUp() {
      const { ask, make, optionsOf } = window.danbooruIndex;
      const area = this.box;
      if (!area) return;
      const words = wordsBefore(area);
      if (!words.text) return this.popup.replaceChildren();
      const tab = TABS.find((name) => area.closest(`#${name}_prompt, #${name}_neg_prompt`)) ?? TABS[0];
      const body = { text: words.text, limit: 12, ...optionsOf(tab).search };
      try {
        const found = await this.latest((signal) => ask("search", body, signal));
        if (!found || this.box !== area) return;
        this.span = [words.start, words.end];
        this.show(found.hits);
      } catch (error) {
        this.popup.replaceChildren(make("div", { className: "danbooru-index-note bad" }, /** @type {Error} */ (error).message));
      }
    }

    /** @param {any[]} hits @param {boolean} [all] those that do not fit, too */
    show(hits, all = false) {
      const { make, fitting } = window.danbooruIndex;
      const { fit, more } = fitting(hits);
      this.rest = all ? [] : hits;
      this.popup.replaceChildren(...(all ? hits : fit).map((hit) => this.row(hit)));
      if (more && !all) {
        const words = fit.length ? `All (${more} more)` : `Nothing fits. All (${more})`;
        const row = make("div", { className: "danbooru-index-hit danbooru-index-more", role: "option" }, words);
        row.addEventListener("mousedown", (event) => {
          event.preventDefault();
          this.show(hits, true);
        });
        this.popup.append(row);
      }
      this.mark(all ? fit.length : 0);
    }

    /** @param {any} hit */
    row(hit) {
      const { make, namesOf } = window.danbooruIndex;
      const names = ` ${namesOf(hit.text)}`;
      const row = make("div", { className: `danbooru-index-hit ${hit.category}`, role: "option" }, make("b", {}, hit.tag.replace(/_/g, " ")), names);
      row.dataset.tag = hit.tag;
      row.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.take(hit.tag);
      });
      return row;
    }

    /** @param {number} next */
    mark(next) {
      const { rows } = this;
      this.place = (next + rows.length) % Math.max(1, rows.length);
      rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === this.place)));
      rows[this.place]?.scrollIntoView({ block: "nearest" });
    }

    /** @param {string} tag */
    take(tag) {
      const { write, inPrompt } = window.danbooruIndex;
      const area = this.box;
      const [start, end] = this.span;
      this.close();
      if (area) write(area, `${inPrompt(tag)}, `, start, end);
    }

    /** @param {KeyboardEvent} event */
    pressed(event) {
      if (event.isComposing || !isPrompt(event.target)) return;
      if (!this.box) {
        if (!isKey(event, String(window.danbooruIndex.setting("live_key", "Alt+/") ?? ""))) return;
        this.open(event.target);
      } else if (!this.moved(event)) return;
      event.preventDefault();
      event.stopPropagation();
    }

    /** What a key does while the list is open; whether it is one of its keys. @param {KeyboardEvent} event */
    moved(event) {
      const { rows, place } = this;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const tag = rows[place]?.dataset.tag;
      const takes = (event.key === "Enter" || event.key === "Tab") && !event.ctrlKey;
      if (event.key === "Escape") this.close();
      else if (step && rows.length) this.mark(place + step);
      else if (takes && tag) this.take(tag);
      else if (takes && rows[place]?.classList.contains("danbooru-index-more")) this.show(this.rest, true);
      else return false;
      return true;
    }

    /** @param {Event} event */
    typed(event) {
      if (!this.box || event.target !== this.box || /** @type {InputEvent} */ (event).isComposing) return;
      clearTimeout(this.pause);
      this.pause = window.setTimeout(() => this.box && this.lookUp(), QUIET);
    }

    /** @param {FocusEvent} event */
    left(event) {
      if (event.target === this.box) setTimeout(() => document.activeElement !== this.box && this.close(), 150);
    }
  }

  onUiLoaded(() => {
    const { carets } = window.danbooruIndex;
    const live = new LiveSearch();
    document.addEventListener("keydown", (event) => live.pressed(event), true);
    document.addEventListener("input", (event) => live.typed(event), true);
    document.addEventListener("focusout", (event) => live.left(event));
    document.addEventListener("selectionchange", () => {
      const active = document.activeElement;
      if (isPrompt(active)) carets.set(active, active.selectionStart);
    });
  });
})();
