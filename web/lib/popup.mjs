// The search in place: a list at the cursor of a text box for the words before it; and the selected text expanded in place.
import { caretOf, edit } from "./box.mjs";
import { el, style } from "./dom.mjs";
import { fitting } from "./fits.mjs";
import { showJob } from "./job.mjs";
import * as memory from "./memory.mjs";
import { row } from "./rows.mjs";
import { LiveSearch } from "./search.mjs";
import { ask } from "./service.mjs";
import { setting, toast } from "./settings.mjs";
import { wordsBefore, written } from "./text.mjs";
import { locale, notice, ready, t } from "./words.mjs";

/** @type {Popup | null} */
let open = null;

/** Open the search at the cursor of a text box, or close it. @param {HTMLTextAreaElement} box */
export async function searchHere(box) {
  if (open) return open.close();
  style();
  await ready();
  open = new Popup(box);
}

class Popup {
  /** @param {HTMLTextAreaElement} box */
  constructor(box) {
    this.box = box;
    this.active = 0;
    this.whole = ""; // the text for which all hits are shown
    /** @type {HTMLElement | null} */
    this.more = null;
    /** @type {any[]} */
    this.hits = [];
    this.words = wordsBefore(box.value, box.selectionEnd ?? box.value.length);
    this.from = this.words.start;
    this.list = el("div.dbi-list", { role: "listbox", "aria-label": t("search.label") });
    this.status = el("div.dbi-status", { role: "status" });
    this.root = el("div.dbi.dbi-popup", { lang: locale() }, this.status, this.list, el("div.dbi-keys", {}, t("popup.keys")));
    document.body.append(this.root);
    this.search = new LiveSearch({
      filters: () => ({ nsfw: setting("nsfw") }),
      found: (found) => this.found(found),
      failed: (error) => this.say(`${error.message} ${error.hint ?? ""}`),
      waiting: (job) => showJob(this.list, job),
      slow: () => { this.status.textContent = t("index.opening"); },
    });
    const listen = (/** @type {EventTarget} */ target, /** @type {string} */ kind, /** @type {any} */ run, capture = false) => {
      target.addEventListener(kind, run, capture);
      this.undo.push(() => target.removeEventListener(kind, run, capture));
    };
    listen(window, "keydown", (/** @type {KeyboardEvent} */ event) => this.pressed(event), true);
    listen(box, "input", (/** @type {InputEvent} */ event) => event.isComposing || this.typed());
    listen(box, "compositionend", () => this.typed());
    listen(box, "click", () => this.typed());
    listen(document, "pointerdown", (/** @type {Event} */ event) => {
      const at = /** @type {Node} */ (event.target);
      if (!this.root.contains(at) && at !== this.box) this.close();
    }, true);
    listen(window, "resize", () => this.place());
    listen(document, "wheel", (/** @type {Event} */ event) => this.root.contains(/** @type {Node} */ (event.target)) || this.close(), true);
    this.typed();
  }

  /** @type {(() => void)[]} */
  undo = [];

  close() {
    this.search.stop();
    this.undo.forEach((run) => run());
    this.root.remove();
    if (open === this) open = null;
  }

  typed() {
    if (!this.box.isConnected) return this.close();
    const place = this.box.selectionEnd ?? 0;
    this.words = wordsBefore(this.box.value, place);
    if (this.words.start !== this.from) return this.close(); // the cursor has gone to other words
    this.place();
    if (this.words.text.trim()) this.search.type(this.words.text, !this.hits.length);
    else this.say(t("search.placeholder"));
  }

  place() {
    const at = caretOf(this.box, this.from);
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const below = at.bottom + height + 8 < window.innerHeight || at.top < height + 8;
    this.root.style.left = `${Math.max(4, Math.min(at.left, window.innerWidth - width - 8))}px`;
    this.root.style.top = `${below ? at.bottom + 4 : at.top - height - 4}px`;
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.isComposing || event.keyCode === 229 || event.target !== this.box) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const end = this.hits.length;
    if (step === 1 && this.more && this.active >= end - 1) {
      this.more.click();
      this.activate(end);
    } else if (step && this.hits.length) this.activate((this.active + step + this.hits.length) % this.hits.length);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && this.hits.length) this.take(this.hits[this.active].tag);
    else if (event.key === "Escape") this.close();
    else return;
    // Other packs complete words by the same keys; while our list is open they are ours, until they are let go.
    event.preventDefault();
    event.stopImmediatePropagation();
    swallowKeyUp(event.key);
  }

  /** @param {number} place */
  activate(place) {
    this.active = place;
    [...this.list.children].forEach((node, number) => {
      node.classList.toggle("dbi-active", number === place);
      node.setAttribute("aria-selected", String(number === place));
      if (number === place) node.scrollIntoView({ block: "nearest" });
    });
  }

  /** @param {import("./search.mjs").Found} found */
  found(found) {
    const { facts } = found;
    const fresh = facts.size === 0 && this.whole !== found.text;
    const { shown, words, more } = fitting(found, this.whole, () => {
      this.whole = found.text;
      this.found(found);
    });
    this.hits = this.whole === found.text ? shown : shown.slice(0, 10);
    this.more = more;
    this.status.replaceChildren(words, ...(more ? [" ", more] : []));
    this.list.replaceChildren(...this.hits.map((hit, number) =>
      row(hit, facts.get(hit.tag), { id: `dbi-popup-${number}`, inBox: false, brief: true, take: (tag) => this.take(tag) })));
    this.activate(fresh ? 0 : Math.min(this.active, Math.max(0, this.hits.length - 1)));
    this.place();
  }

  /** @param {string} words */
  say(words) {
    this.hits = [];
    this.more = null;
    this.list.replaceChildren();
    this.status.textContent = words;
    this.place();
  }

  /** @param {string} tag */
  take(tag) {
    const { start, end, text } = this.words;
    const after = this.box.value.slice(end);
    const tail = !after.trim() ? ", " : /^\s*[,，、\n]/.test(after) ? "" : ", ";
    this.close();
    edit(this.box, { text: this.box.value, start, end, insert: written(tag, { spaces: setting("spaces"), escape: setting("escape") }) + tail });
    if (setting("history") && text.trim()) void memory.addToHistory(text.trim());
  }
}

/** The end of a press that was ours: some packs close their list by it. @param {string} key */
function swallowKeyUp(key) {
  const swallow = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== key) return;
    window.removeEventListener("keyup", swallow, true);
    event.stopImmediatePropagation();
  };
  window.addEventListener("keyup", swallow, true);
}

/** Turn the selected text, or the words before the cursor, into tags. @param {HTMLTextAreaElement} box */
export async function expandHere(box) {
  await ready();
  let start = box.selectionStart ?? 0;
  let end = box.selectionEnd ?? 0;
  if (start === end) {
    // Without a selection a whole line is meant: a sentence has commas.
    start = box.value.lastIndexOf("\n", start - 1) + 1;
    while (start < end && /\s/.test(box.value[start])) start += 1;
  }
  const before = box.value;
  const text = before.slice(start, end);
  if (!text.trim()) return toast("info", t("popup.nothing"));
  box.setAttribute("aria-busy", "true");
  try {
    const form = { spaces: setting("spaces"), escape: setting("escape") };
    const answer = await ask("expand", { text, style: setting("style"), nsfw: setting("nsfw"), ...form });
    if (box.value !== before || !box.isConnected) return; // somebody has typed on; nothing is taken from them
    edit(box, { text: before, start, end, insert: answer.prompt || text });
    const negative = answer.negative ? t("popup.negative", { tags: answer.negative }) : "";
    toast("success", t("popup.expanded"), [negative, ...answer.notices.map(notice)].filter(Boolean).join("\n") || undefined);
    if (setting("history")) void memory.addToHistory(text.trim().slice(0, 300));
  } catch (error) {
    const failure = /** @type {any} */ (error);
    if (failure.code === "no_index") {
      const { prepare } = await import("./service.mjs");
      toast("info", t("prepare.title"));
      await prepare(() => undefined).catch(() => undefined);
      return expandHere(box);
    }
    toast("error", failure.message, failure.hint);
  } finally {
    box.removeAttribute("aria-busy");
  }
}
