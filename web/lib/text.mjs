// Prompts as text: where tags stand, and how one is put in or taken out. Pure; nothing of the page is known here.

/** @typedef {{text: string, start: number, end: number, insert: string}} Edit  replace text[start..end] by insert */

const SEPARATOR = /[,，、\n]/;

/**
 * A tag as a prompt writes it.
 * @param {string} tag as Danbooru writes it
 * @param {{spaces?: boolean, escape?: boolean}} [form]
 */
export function written(tag, form = {}) {
  const { spaces = true, escape = true } = form;
  // Emoticons such as ^_^ keep their underscores.
  let text = spaces && /[a-z0-9]{2}|^[a-z]_/i.test(tag) ? tag.replaceAll("_", " ") : tag;
  if (escape) text = text.replace(/[()]/g, "\\$&");
  return text;
}

const CLOSING = /** @type {Record<string, string>} */ ({ "(": ")", "[": "]", "{": "}" });

/** What all spellings of one tag have in common: weights, escapes and case taken away. @param {string} text */
export function key(text) {
  let bare = text.trim().replace(/^-?[\d.]+::(.*?)(::)?$/, "$1");
  while (bare.length > 2 && CLOSING[bare[0]] === bare.at(-1) && bare.at(-2) !== "\\") {
    bare = bare.slice(1, -1).replace(/:\s*[-+]?(\d+\.?\d*|\.\d+)\s*$/, "").trim();
  }
  return bare.replace(/\\/g, "").replace(/^@/, "").trim().toLowerCase().replace(/[\s_]+/g, "_");
}

/** The items between separators, with their places. @param {string} text */
export function items(text) {
  const found = [];
  let start = 0;
  for (let place = 0; place <= text.length; place += 1) {
    if (place === text.length || SEPARATOR.test(text[place])) {
      const item = text.slice(start, place);
      const lead = item.length - item.trimStart().length;
      if (item.trim()) found.push({ text: item.trim(), start: start + lead, end: start + lead + item.trim().length });
      start = place + 1;
    }
  }
  return found;
}

/** The item of a prompt that writes this tag. @param {string} text @param {string} tag */
export function find(text, tag) {
  const wanted = key(tag);
  const plain = written(tag);
  return items(text).find((item) => item.text === plain || item.text === tag || key(item.text) === wanted) ?? null;
}

/**
 * Put a tag in at the cursor, after the item that the cursor is in.
 * @param {string} text @param {number} cursor @param {string} insert
 * @returns {Edit}
 */
export function inserted(text, cursor, insert) {
  const inside = items(text).find((item) => item.start < cursor && cursor < item.end);
  const place = inside ? inside.end : cursor;
  const before = text.slice(0, place).replace(/[^\S\n]+$/, "");
  const after = text.slice(place);
  const gap = !before || before.endsWith("\n") ? "" : SEPARATOR.test(before.at(-1) ?? "") ? " " : ", ";
  const next = after.replace(/^[^\S\n]+/, "");
  const joins = next.trim() && !SEPARATOR.test(next[0]);
  return { text, start: before.length, end: joins ? text.length - next.length : place, insert: gap + insert + (joins ? ", " : "") };
}

/** Take an item out with one of its separators. @param {string} text @param {{start: number, end: number}} item @returns {Edit} */
export function removed(text, item) {
  const after = /^[^\S\n]*[,，、][^\S\n]*/.exec(text.slice(item.end));
  const before = /[^\S\n]*[,，、][^\S\n]*$/.exec(text.slice(0, item.start));
  if (before && !(after && /^\s*$/.test(text.slice(0, item.start - before[0].length)))) {
    return { text, start: item.start - before[0].length, end: item.end, insert: "" };
  }
  return { text, start: item.start, end: item.end + (after?.[0].length ?? 0), insert: "" };
}

/** The words before the cursor that a search is about: since the last separator. @param {string} text @param {number} cursor */
export function wordsBefore(text, cursor) {
  let start = cursor;
  while (start > 0 && !/[,，、\n。.;；!！?？]/.test(text[start - 1])) start -= 1;
  while (start < cursor && /\s/.test(text[start])) start += 1;
  return { text: text.slice(start, cursor), start, end: cursor };
}

/** @param {Edit} edit */
export function applied(edit) {
  return edit.text.slice(0, edit.start) + edit.insert + edit.text.slice(edit.end);
}

/** 6012345 -> 6M; in the reader's own way of writing. @param {number} count @param {string} locale */
export function compact(count, locale) {
  try {
    return new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(count);
  } catch {
    return String(count);
  }
}

/** The tags of an input like "a, b": names, in order, each once. @param {string} list */
export function names(list) {
  return [...new Set(items(list).map((item) => item.text.replace(/\s+/g, "_")))];
}

/**
 * What stays switched off after a run: what is still found. Names in another spelling are kept as they are written.
 * @param {string} list @param {string[]} found
 */
export function stillOff(list, found) {
  const known = new Set(found.map(key));
  return names(list).filter((name) => known.has(key(name)));
}

/** @param {string} list @param {string} tag */
export function toggled(list, tag) {
  const off = names(list);
  const wanted = key(tag);
  return (off.some((name) => key(name) === wanted) ? off.filter((name) => key(name) !== wanted) : [...off, tag]).join(", ");
}

/** "Alt+Q" -> what a keydown event has to be. @param {string} keys */
export function parseKeys(keys) {
  const parts = keys.split("+").map((part) => part.trim()).filter(Boolean);
  const last = (parts.pop() ?? "").toLowerCase();
  const has = (/** @type {string[]} */ ...wanted) => parts.some((part) => wanted.includes(part.toLowerCase()));
  return { key: last, alt: has("alt", "option"), ctrl: has("ctrl", "control"), shift: has("shift"), meta: has("meta", "cmd", "win") };
}

/**
 * Whether a keydown is this combination. While an input method composes nothing is, whatever is pressed.
 * @param {{key: string, code?: string, altKey: boolean, ctrlKey: boolean, shiftKey: boolean, metaKey: boolean, isComposing?: boolean, keyCode?: number}} event
 * @param {ReturnType<typeof parseKeys>} wanted
 */
export function isKey(event, wanted) {
  if (event.isComposing || event.keyCode === 229 || !wanted.key) return false;
  if (event.altKey !== wanted.alt || event.ctrlKey !== wanted.ctrl) return false;
  if (event.shiftKey !== wanted.shift || event.metaKey !== wanted.meta) return false;
  // Alt changes what a key writes on some systems, so the place of a letter counts too.
  return event.key.toLowerCase() === wanted.key || event.code === `Key${wanted.key.toUpperCase()}`;
}
