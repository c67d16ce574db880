// Danbooru Index in Stable Diffusion WebUI: what the panel and the live search share.
// The WebUI loads these files as plain scripts in one global scope, shared with every other extension: all that is ours there is
// `danbooruIndex`. Each file looks at the others only once the page is there, so their order does not matter.
(function () {
  "use strict";

  const BASE = "./danbooru-index-webui/v1";
  /** @type {WeakMap<Element, number>} */
  const carets = new WeakMap(); // where the caret was when a box was left

  // --- asking ---------------------------------------------------------------------------------------------------------

  /** @param {string} route @param {object} [body] @param {AbortSignal} [signal] @returns {Promise<any>} */
  async function ask(route, body, signal) {
    const answer = await fetch(`${BASE}/${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body || {}),
      signal,
    });
    const value = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const words = [value.error || `The WebUI answered ${answer.status}.`, value.hint].filter(Boolean).join(" ");
      throw Object.assign(new Error(words), { code: value.code });
    }
    return value;
  }

  /** Calls of which only the newest counts: an older one gives undefined. */
  function newest() {
    let last = new AbortController();
    /** @param {(signal: AbortSignal) => Promise<any>} call */
    const run = async (call) => {
      last.abort();
      const mine = (last = new AbortController());
      try {
        const value = await call(mine.signal);
        return mine.signal.aborted ? undefined : value;
      } catch (error) {
        if (mine.signal.aborted) return undefined;
        throw error;
      }
    };
    return Object.assign(run, { stop: () => last.abort() });
  }

  /** A setting of ours in the WebUI's own. @param {string} name @param {any} other without one */
  const setting = (name, other) => (typeof opts === "object" && opts && opts[`danbooru_index_${name}`] !== undefined ? opts[`danbooru_index_${name}`] : other);

  // --- the options in the box of a tab --------------------------------------------------------------------------------

  /**
   * What they say, as the routes take it; the WebUI's settings where the box is not there.
   * @param {string} tab
   */
  function optionsOf(tab) {
    const field = (/** @type {string} */ name, /** @type {string} */ kind) =>
      /** @type {HTMLInputElement | null} */ (gradioApp().querySelector(`#${tab}_danbooru_index_${name} input${kind}`));
    const text = (/** @type {string} */ name, /** @type {string} */ other) => field(name, "")?.value || setting(name, other);
    const number = (/** @type {string} */ name, /** @type {number} */ other) => {
      const value = field(name, "[type=number]")?.valueAsNumber;
      return value === undefined || Number.isNaN(value) ? other : value;
    };
    const flag = (/** @type {string} */ name) => Boolean(field(name, "[type=checkbox]")?.checked);
    const category = text("category", "auto");
    const filters = {
      nsfw: text("nsfw", "exclude"),
      categories: category === "auto" ? [] : [category],
      min_count: number("min_count", 0),
    };
    const writing = {
      style: text("style", "sdxl"),
      budget: number("budget", 2),
      enrich: number("enrich", 0),
      keep_text: flag("keep_text"),
      weights: flag("weights"),
      quality: flag("quality"),
    };
    return { search: filters, expand: { ...filters, ...writing } };
  }

  // --- prompt boxes ---------------------------------------------------------------------------------------------------

  /** @param {string} tab @param {boolean} negative @returns {HTMLTextAreaElement | null} */
  const promptBox = (tab, negative) => gradioApp().querySelector(`#${tab}_${negative ? "neg_prompt" : "prompt"} textarea`);

  /** @param {string} tag */
  function inPrompt(tag) {
    return tag.replace(/_/g, " ").replace(/[()]/g, "\\$&");
  }

  /**
   * Puts text into a box as if it was typed, so that undo works; `from` and `to` say what it takes the place of.
   * @param {HTMLTextAreaElement} box @param {string} text @param {number} from @param {number} to
   */
  function write(box, text, from, to) {
    box.focus();
    box.setSelectionRange(from, to);
    const whole = box.value.slice(0, from) + text + box.value.slice(to);
    const typed = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
    if (!typed || box.value !== whole) {
      box.value = whole;
      box.setSelectionRange(from + text.length, from + text.length);
      updateInput(box);
    }
    carets.set(box, box.selectionEnd);
  }

  /** @param {HTMLTextAreaElement} box @param {string} text */
  function insertAtCursor(box, text) {
    const known = document.activeElement === box ? box.selectionStart : carets.get(box);
    const at = Math.min(known === undefined ? box.value.length : known, box.value.length);
    const before = box.value.slice(0, at).trimEnd();
    const after = box.value.slice(at);
    const left = !before || before.endsWith(",") || before.endsWith("\n") ? (before ? " " : "") : ", ";
    const right = after.trim() && !after.trimStart().startsWith(",") ? ", " : "";
    write(box, left + text + right, before.length, at);
  }

  // --- elements -------------------------------------------------------------------------------------------------------

  /**
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} name @param {Record<string, any>} [properties] @param {...(Node | string)} children @returns {HTMLElementTagNameMap[K]}
   */
  function make(name, properties, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {})) {
      if (key in element) /** @type {any} */ (element)[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }

  /** The names inside the plain line of a tag: 【label】tag - names。 definition @param {string} text */
  function namesOf(text) {
    const rest = text.includes(" - ") ? text.slice(text.indexOf(" - ") + 3) : "";
    return rest.split("。")[0];
  }

  /** What is shown of hits at first, those that fit, and how many more there are. @param {any[]} hits */
  function fitting(hits) {
    const fit = hits.filter((hit) => hit.fits !== false); // a server of an older version says nothing of it
    return { fit, more: hits.length - fit.length };
  }

  window.danbooruIndex = { ask, newest, setting, optionsOf, promptBox, carets, inPrompt, write, insertAtCursor, make, namesOf, fitting };
})();
