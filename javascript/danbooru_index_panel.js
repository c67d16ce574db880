// The panel in Stable Diffusion WebUI: a text in any language becomes tags, which go into the prompts.
(function () {
  "use strict";

  const TABS = ["txt2img", "img2img"];
  const QUIET = 300; // milliseconds without a key before a search
  const MOST_HITS = 24;

  class Panel {
    /** @param {HTMLElement} root @param {string} tab */
    constructor(root, tab) {
      const { make, newest } = window.danbooruIndex;
      this.root = root;
      this.tab = tab;
      this.negative = "";
      /** @type {{body: any, prompt: string} | null} what was expanded last, null after a search */
      this.expanded = null;
      this.timer = 0; // of the search that follows typing; whatever is asked for by hand comes instead of it
      this.latest = newest();
      this.text = make("textarea", {
        rows: 2,
        placeholder: "What do you want to see? 穿水手服的双马尾女孩 · 夜空の花火 · cat ears",
        "aria-label": "What do you want to see?",
      });
      this.note = make("p", { className: "danbooru-index-note", role: "status" });
      this.chips = make("div", { className: "danbooru-index-chips" });
      const row = make(
        "div",
        { className: "danbooru-index-row" },
        this.button("Search", () => this.run("search")),
        this.button("Expand", () => this.run("expand")),
        this.button("Insert at cursor", () => void this.put(false, false)),
        this.button("Replace prompt", () => void this.put(false, true)),
        this.button("To negative prompt", () => void this.put(true, false)),
      );
      this.listen();
      root.replaceChildren(this.text, row, this.note, this.chips);
      root.dataset.ready = "yes";
    }

    listen() {
      this.text.addEventListener("keydown", (event) => {
        event.stopPropagation(); // the WebUI's own keys, such as Ctrl+Enter, are for its prompt boxes
        if (event.isComposing) return;
        if (event.key === "Enter" && !event.shiftKey) {
          event.preventDefault();
          void this.run(event.ctrlKey || event.metaKey ? "expand" : "search");
        }
      });
      const soon = () => {
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => this.text.value.trim() && this.run("search"), QUIET);
      };
      this.text.addEventListener("input", (event) => {
        event.stopPropagation();
        if (!(/** @type {InputEvent} */ (event).isComposing)) soon();
      });
      this.text.addEventListener("compositionend", soon);
    }

    /** @param {string} label @param {() => unknown} act */
    button(label, act) {
      const made = window.danbooruIndex.make("button", { type: "button", className: "danbooru-index-button" }, label);
      made.addEventListener("click", act);
      return made;
    }

    /** @param {string} words @param {boolean} [bad] */
    say(words, bad) {
      this.note.textContent = words;
      this.note.classList.toggle("bad", Boolean(bad));
    }

    /** @param {any} error */
    failed(error) {
      this.say(error.message, true);
      if (error.code === "not_installed") this.offerInstall();
      if (error.code === "ended") this.offerRestart();
    }

    // Tags that were found

    /** @param {"search" | "expand"} route */
    async run(route) {
      const { ask, optionsOf } = window.danbooruIndex;
      clearTimeout(this.timer);
      const text = this.text.value.trim();
      if (!text) return this.say("Write what you want to see.");
      this.say("…");
      const options = optionsOf(this.tab);
      const body = route === "expand" ? { text, ...options.expand } : { text, ...options.search, limit: MOST_HITS };
      try {
        const found = await this.latest((signal) => ask(route, body, signal));
        if (!found) return;
        this.negative = found.negative || "";
        this.expanded = route === "expand" ? { body, prompt: found.prompt } : null;
        if (route === "search") this.showHits(found.hits);
        else this.showConcepts(found);
      } catch (error) {
        this.failed(error);
      }
    }

    /** @param {any[]} hits @param {boolean} [all] those that do not fit, too */
    showHits(hits, all = false) {
      const { namesOf, fitting } = window.danbooruIndex;
      const { fit, more } = fitting(hits);
      const facts = (/** @type {any} */ hit) => `${namesOf(hit.text)} · ${hit.post_count.toLocaleString()} · ${hit.score.toFixed(2)}`;
      this.chips.replaceChildren(...(all ? hits : fit).map((hit) => this.chip(hit.tag, facts(hit), hit.category, false)));
      if (more && !all) this.chips.append(this.button(`All (${more} more)`, () => this.showHits(hits, true)));
      this.say(fit.length ? "Click the tags that you want." : "Nothing fits.");
    }

    /** @param {any} found */
    showConcepts(found) {
      const wanted = found.concepts.filter((/** @type {any} */ concept) => !concept.negated);
      const rows = wanted.map((/** @type {any} */ concept) => this.row(concept.text, concept.tags, concept.status));
      if (found.added?.length) rows.push(this.row("goes with it", found.added, "added"));
      this.chips.replaceChildren(...rows);
      this.say([...found.warnings, this.negative && `Negative: ${this.negative}`].filter(Boolean).join(" "));
    }

    /** @param {string} words @param {string[]} tags @param {string} status */
    row(words, tags, status) {
      const { make } = window.danbooruIndex;
      const chips = tags.map((tag) => this.chip(tag, status, "", true));
      return make("div", { className: "danbooru-index-concept" }, make("span", {}, `${words}: `), ...(chips.length ? chips : [make("em", {}, status)]));
    }

    /** @param {string} tag @param {string} hint @param {string} category @param {boolean} on */
    chip(tag, hint, category, on) {
      const { make } = window.danbooruIndex;
      const made = make("button", { type: "button", className: `danbooru-index-chip ${category}`, title: hint }, tag.replace(/_/g, " "));
      made.dataset.tag = tag;
      made.setAttribute("aria-pressed", String(on));
      made.addEventListener("click", () => made.setAttribute("aria-pressed", String(made.getAttribute("aria-pressed") !== "true")));
      return made;
    }

    /** The tags of the chips that are on, or off. @param {boolean} on */
    pressed(on) {
      const chips = /** @type {NodeListOf<HTMLElement>} */ (this.chips.querySelectorAll(`[aria-pressed="${on}"]`));
      return [...chips].map((made) => made.dataset.tag ?? "");
    }

    /** What goes into the prompt: the answer's own without what was switched off, after a search the tags that were chosen. */
    async words() {
      const { ask, inPrompt } = window.danbooruIndex;
      if (!this.expanded) return this.pressed(true).map(inPrompt).join(", ");
      const without = this.pressed(false);
      return without.length ? (await ask("expand", { ...this.expanded.body, without })).prompt : this.expanded.prompt;
    }

    /** @param {boolean} toNegative @param {boolean} replace */
    async put(toNegative, replace) {
      const { promptBox, write, insertAtCursor } = window.danbooruIndex;
      const words = (toNegative && this.negative) || (await this.words().catch((error) => void this.failed(error)));
      const box = promptBox(this.tab, toNegative);
      if (words === undefined) return;
      if (!box || !words) return this.say("Choose tags first.");
      // The other box first: undo takes back the newest change of the page, which is then the prompt's.
      const other = !toNegative && this.negative ? promptBox(this.tab, true) : null;
      if (other && !other.value.includes(this.negative)) {
        write(other, other.value.trim() ? `${other.value.trim()}, ${this.negative}` : this.negative, 0, other.value.length);
      }
      if (replace) write(box, words, 0, box.value.length);
      else insertAtCursor(box, words);
    }

    // The engine

    offerRestart() {
      if (this.root.querySelector(".danbooru-index-restart")) return;
      const restart = this.button("Restart", async () => {
        restart.disabled = true;
        try {
          await window.danbooruIndex.ask("restart");
          restart.remove();
          this.say("The next search starts the engine again.");
        } catch (error) {
          restart.disabled = false;
          this.failed(error);
        }
      });
      restart.classList.add("danbooru-index-restart");
      this.root.append(restart);
    }

    offerInstall() {
      if (this.root.querySelector(".danbooru-index-install")) return;
      const install = this.button("Install (about 250 MB, in a folder of its own)", async () => {
        install.disabled = true;
        try {
          await window.danbooruIndex.ask("install");
          void this.follow(install);
        } catch (error) {
          install.disabled = false;
          this.failed(error);
        }
      });
      install.classList.add("danbooru-index-install");
      this.root.append(install);
    }

    /** @param {HTMLButtonElement} install */
    async follow(install) {
      const state = await window.danbooruIndex.ask("status").catch((error) => ({ said: error.message }));
      this.say(state.said || "");
      if (state.installing) {
        setTimeout(() => this.follow(install), 1000);
        return;
      }
      install.disabled = false;
      if (state.installed) {
        install.remove();
        this.say("Installed. The first search starts the engine, which takes a moment.");
      }
    }
  }

  function build() {
    for (const tab of TABS) {
      /** @type {HTMLElement | null} */
      const root = gradioApp().querySelector(`.danbooru-index[data-tab="${tab}"]`);
      if (root && !root.dataset.ready) new Panel(root, tab);
    }
  }

  onUiLoaded(build);
  // Gradio may draw parts of the page anew.
  if (typeof onAfterUiUpdate === "function") onAfterUiUpdate(() => window.danbooruIndex && build());
})();
