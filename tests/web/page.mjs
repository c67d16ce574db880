// A page without a screen: ComfyUI's scripts are those of host.mjs, and elements know what the modules ask of them. How it looks,
// undo and real keys are for the tests in a browser.
import { readFile } from "node:fs/promises";
import { registerHooks } from "node:module";

registerHooks({
  resolve: (name, context, next) =>
    /\/scripts\/(app|api)\.js$/.test(name) ? { url: new URL("./host.mjs", import.meta.url).href, shortCircuit: true } : next(name, context),
});

class Element extends EventTarget {
  title = "";
  type = "";
  value = "";
  id = "";
  lang = "";
  className = "";
  tabIndex = -1;
  scrollTop = 0;
  hidden = false;
  disabled = false;
  isConnected = true;
  dataset = {};
  /** @type {(Element | string)[]} */
  nodes = [];
  attributes = new Map();

  /** @param {string} tag */
  constructor(tag) {
    super();
    this.tagName = tag.toUpperCase();
  }

  #style = {};
  get style() { return this.#style; }
  set style(text) { this.#style = Object.fromEntries([text.split(":")]); }
  get children() { return this.nodes.filter((node) => node instanceof Element); }
  get firstElementChild() { return this.children[0] ?? null; }
  get textContent() { return this.nodes.map((node) => (node instanceof Element ? node.textContent : node)).join(""); }
  set textContent(text) { this.nodes = [text]; }
  append(...nodes) { this.nodes.push(...nodes.map((node) => (node instanceof Element ? node : String(node)))); }
  replaceChildren(...nodes) {
    this.nodes = [];
    this.append(...nodes);
  }
  setAttribute(name, value) {
    this.attributes.set(name, value);
    if (name.startsWith("data-")) this.dataset[name.slice(5)] = value;
  }
  getAttribute(name) { return this.attributes.get(name) ?? null; }
  removeAttribute(name) { this.attributes.delete(name); }
  click() { this.dispatchEvent(new Event("click")); }
  focus() { document.activeElement = this; }
  closest() { return null; }
  /** Everything inside, outer before inner. */
  all() { return this.children.flatMap((child) => [child, ...child.all()]); }
  /** @param {string} name a class, with its dot */
  querySelectorAll(name) { return this.all().filter((one) => one.className.split(" ").includes(name.slice(1))); }
  querySelector(name) { return this.querySelectorAll(name)[0] ?? null; }
}

class HTMLTextAreaElement extends Element {
  readOnly = false;
  selectionStart = 0;
  selectionEnd = 0;
  constructor() { super("textarea"); }
  setSelectionRange(start, end) { Object.assign(this, { selectionStart: start, selectionEnd: end }); }
  setRangeText(text, start, end) {
    this.value = this.value.slice(0, start) + text + this.value.slice(end);
    this.setSelectionRange(start + text.length, start + text.length);
  }
}

/** A text box with the cursor, or a selection, in it. @param {string} text @param {number} [start] @param {number} [end] */
export function textBox(text, start = text.length, end = start) {
  const box = new HTMLTextAreaElement();
  box.value = text;
  box.setSelectionRange(start, end);
  return box;
}

/** @param {string} [tag] @returns {any} */
export const element = (tag = "div") => new Element(tag);

const document = {
  head: new Element("head"),
  body: new Element("body"),
  activeElement: null,
  createElement: element,
  execCommand: () => false, // as in a browser that has given it up
};
class InputEvent extends Event {}
Object.assign(globalThis, {
  document, HTMLTextAreaElement, InputEvent,
  fetch: async (/** @type {URL} */ url) => ({ ok: true, json: async () => JSON.parse(await readFile(url, "utf-8")) }),
});
