// A node's choices and empty boxes in the user's language; the values that are saved and sent stay what they are.
// At once, when a node is made: Nodes 2.0 looks at its choices only then.
import { t } from "./words.mjs";

/** @param {import("../../tests/web/types/comfyui/node.js").Node} node */
export function translate(node) {
  for (const widget of node.widgets ?? []) {
    if (widget.options && Array.isArray(widget.options.values)) widget.options.getOptionLabel = choice;
    else if (widget.element instanceof HTMLTextAreaElement) describe(widget, widget.element);
  }
}

/** @param {string | null} value */
function choice(value) {
  if (!value) return "";
  const name = value.replace(/\W+/g, "_");
  for (const words of [`choice.${name}`, `category.${name}`]) if (t(words) !== words) return t(words);
  return value;
}

/** What an empty box is for. @param {import("../../tests/web/types/comfyui/node.js").Widget} widget @param {HTMLTextAreaElement} box */
function describe(widget, box) {
  const words = `placeholder.${widget.name}`;
  if (t(words) !== words) box.placeholder = t(words);
}
