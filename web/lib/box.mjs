// The text box that was used last, and edits in it that its own undo takes back.
import { applied, find, inserted, removed, written } from "./text.mjs";

/** @type {HTMLTextAreaElement | null} */
let last = null;
let cursor = { start: 0, end: 0 };

/** Whether something is a text box of a prompt. @param {EventTarget | null} target @returns {target is HTMLTextAreaElement} */
export function isPromptBox(target) {
  return target instanceof HTMLTextAreaElement && !target.readOnly && !target.disabled && !target.closest(".dbi");
}

/** @param {HTMLTextAreaElement} box */
export function remember(box) {
  last = box;
  cursor = { start: box.selectionStart ?? 0, end: box.selectionEnd ?? 0 };
}

/** The last used text box, if it is still on the page. */
export function lastBox() {
  return last?.isConnected ? last : null;
}

export function lastCursor() {
  return cursor;
}

/**
 * Replace a part of a text box as typing would, so that undo works and the node learns of it.
 * @param {HTMLTextAreaElement} box @param {import("./text.mjs").Edit} edit
 */
export function edit(box, { text, start, end, insert }) {
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  const scroll = box.scrollTop;
  box.focus({ preventScroll: true });
  box.setSelectionRange(start, end);
  const done = insert ? document.execCommand("insertText", false, insert) : start === end || document.execCommand("delete");
  if (!done || box.value !== applied({ text, start, end, insert })) {
    box.setRangeText(insert, start, end, "end");
    box.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: insert }));
  }
  box.scrollTop = scroll;
  remember(box);
  if (active && active !== box && active.closest(".dbi")) active.focus({ preventScroll: true });
}

/** Put a tag into the last text box, or take it out; what became of it, null where there is no box. @param {string} tag @param {object} [form] */
export function toggle(tag, form) {
  const box = lastBox();
  if (!box) return null;
  const text = box.value;
  const there = find(text, tag);
  edit(box, there ? removed(text, there) : inserted(text, Math.min(cursor.end, text.length), written(tag, form)));
  return there ? "removed" : "inserted";
}

/** Where the cursor stands on the screen. @param {HTMLTextAreaElement} box @param {number} place */
export function caretOf(box, place) {
  const style = getComputedStyle(box);
  const mirror = document.createElement("div");
  const copied = ["fontFamily", "fontSize", "fontWeight", "fontStyle", "letterSpacing", "lineHeight", "textTransform", "tabSize",
    "paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "borderTopWidth", "borderRightWidth", "borderBottomWidth",
    "borderLeftWidth", "boxSizing", "wordBreak", "textIndent"];
  for (const name of copied) mirror.style[/** @type {any} */ (name)] = style[/** @type {any} */ (name)];
  Object.assign(mirror.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word",
    borderStyle: "solid", left: "-9999px", top: "0", width: `${box.offsetWidth}px`, height: "auto" });
  mirror.textContent = box.value.slice(0, place);
  const mark = document.createElement("span");
  mark.textContent = "\u200b";
  mirror.append(mark);
  document.body.append(mirror);
  const at = { left: mark.offsetLeft, top: mark.offsetTop, height: mark.offsetHeight || parseFloat(style.fontSize) * 1.3 };
  mirror.remove();
  // The legacy canvas scales its boxes.
  const outer = box.getBoundingClientRect();
  const scale = box.offsetWidth ? outer.width / box.offsetWidth : 1;
  const clamp = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(0, Math.min(value, most));
  const top = outer.top + clamp((at.top - box.scrollTop) * scale, outer.height);
  return { left: outer.left + clamp(at.left * scale, outer.width), top, bottom: Math.min(top + at.height * scale, outer.bottom + at.height * scale) };
}
