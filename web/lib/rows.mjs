// Found tags as rows: in the sidebar and beside a text box.
import { el } from "./dom.mjs";
import { compact, key, written } from "./text.mjs";
import { locale, nameOf, t } from "./words.mjs";

/**
 * @param {{tag: string, category: string, post_count: number, matched?: string, channels?: Record<string, number>, nsfw?: boolean}} hit
 * @param {any} facts what the route `tags` says of it
 * @param {{id: string, inBox: boolean, favourite?: boolean, star?: (tag: string) => void, take: (tag: string) => void, brief?: boolean}} look
 */
export function row(hit, facts, look) {
  const known = nameOf(facts?.names ?? {});
  const name = key(known) === key(hit.tag) ? "" : known;
  const definition = definitionOf(facts?.definition);
  const made = el(
    `div.dbi-row.dbi-${hit.category}`,
    { id: look.id, role: "option", "aria-selected": "false", title: look.inBox ? t("row.remove") : t("row.insert") },
    el("div.dbi-line", {},
      el("span.dbi-mark", { "aria-hidden": "true" }, look.inBox ? "✓" : ""),
      el("span.dbi-tag", {}, written(hit.tag, { escape: false })),
      hit.nsfw && el("span.dbi-badge", {}, "NSFW"),
      el("span.dbi-name", {}, name),
      el("span.dbi-posts", { title: t("posts", { count: hit.post_count.toLocaleString(locale()) }) }, compact(hit.post_count, locale())),
      look.star && star(hit.tag, Boolean(look.favourite), look.star),
    ),
  );
  if (look.inBox) made.classList.add("dbi-in");
  const why = whyOf(hit);
  if (!look.brief && (definition || why)) {
    made.append(el("div.dbi-more", {}, definition, definition && why ? " " : "", why && el("span.dbi-why", {}, why)));
  }
  made.addEventListener("mousedown", (event) => event.preventDefault()); // the text box keeps its cursor
  made.addEventListener("click", () => look.take(hit.tag));
  return made;
}

/** @param {string} tag @param {boolean} on @param {(tag: string) => void} press */
function star(tag, on, press) {
  return el("span.dbi-star", {
    title: `${t("row.favourite")} (Shift+Enter)`,
    onclick: (/** @type {Event} */ event) => {
      event.stopPropagation();
      press(tag);
    },
  }, el("span", { "aria-hidden": "true" }, on ? "★" : "☆"), on && el("span.dbi-unseen", {}, t("row.favourite")));
}

/** Something that was searched for before. @param {string} text @param {string} id @param {() => void} take */
export function past(text, id, take) {
  return el("div.dbi-row", { id, role: "option", "aria-selected": "false", onclick: take }, el("div.dbi-line", {}, el("span.dbi-mark"), text));
}

/** Why it was found, where the name does not tell. @param {any} hit */
function whyOf(hit) {
  if (hit.channels?.exact) return t("why.exact");
  return hit.matched === "definition" ? t("why.definition") : "";
}

/** @param {Record<string, string> | string | undefined} definition */
function definitionOf(definition) {
  if (!definition) return "";
  if (typeof definition === "string") return definition;
  const own = locale();
  return definition[own] ?? definition[own.slice(0, 2)] ?? definition.en ?? Object.values(definition)[0] ?? "";
}
