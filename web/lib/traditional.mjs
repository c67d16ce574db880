// Names and definitions for readers of traditional Chinese, where the corpus has them in simplified Chinese alone.
import { ask } from "./service.mjs";
import { locale } from "./words.mjs";

/** @type {Map<string, string>} */
const known = new Map();

/**
 * Give each of these records its words in traditional Chinese, if that is the page's language; others stay as they are.
 * @param {{names?: Record<string, any>, definition?: any}[]} records
 */
export async function addTraditional(records) {
  if (locale() !== "zh-TW") return;
  const words = records.flatMap(({ names, definition }) => [first(names), definition?.zh]).filter((text) => text && !known.has(text));
  if (words.length) {
    const { texts } = await ask("comfyui/traditional", { texts: words });
    if (known.size > 5000) known.clear();
    words.forEach((text, place) => known.set(text, texts[place]));
  }
  for (const record of records) {
    const name = known.get(first(record.names));
    if (record.names && name && !record.names.zh_tw) record.names["zh-TW"] = name;
    if (known.has(record.definition?.zh)) record.definition["zh-TW"] = known.get(record.definition.zh);
  }
}

/** @param {Record<string, any> | undefined} names */
function first(names) {
  return Array.isArray(names?.zh) ? names.zh[0] : names?.zh;
}
