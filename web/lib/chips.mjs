// A node's result as chips, concept by concept. A click switches a tag off or on; that is kept in the node's input `without`.
import { el, own, style } from "./dom.mjs";
import { compact, key, names, stillOff, toggled, written } from "./text.mjs";
import { toast } from "./settings.mjs";
import { addTraditional } from "./traditional.mjs";
import { locale, nameOf, notice, ready, t } from "./words.mjs";

const LEAST = 96;
const MOST = 280;

/** Draw a node's chips into an element. @param {any} node @param {HTMLElement} root @param {any} shown @param {any} input */
export async function draw(node, root, shown, input) {
  style();
  await ready();
  if (shown) await addTraditional(shown.concepts.flatMap((/** @type {any} */ concept) => concept.chips)).catch(() => undefined);
  own(root);
  root.setAttribute("aria-label", t("chips.label"));
  root.lang = locale();
  const off = () => new Set(names(String(input?.value ?? "")).map(key));
  const set = (/** @type {string} */ value) => {
    if (!input || input.value === value) return;
    input.value = value;
    input.callback?.(value);
    node.graph?.change?.();
    node.setDirtyCanvas?.(true, true);
  };
  const flip = (/** @type {string} */ tag) => {
    set(toggled(String(input?.value ?? ""), tag));
    paint();
  };
  let open = "";

  function paint() {
    fill();
    fit(node, root);
  }

  function fill() {
    const now = off();
    const top = root.scrollTop;
    if (!shown) {
      const waiting = names(String(input?.value ?? ""));
      root.replaceChildren(el("div.dbi-faint", {}, t("chips.none")), ...(waiting.length ? [line({ text: t("chips.off"), status: "", chips: waiting.map((tag) => ({ tag, state: "fits" })) }, now)] : []));
      return;
    }
    const bar = el("div.dbi-chip-bar", {},
      button("report", t("chips.report"), Boolean(shown.report)),
      button("negative", t("chips.negative"), Boolean(shown.negative)),
      now.size ? el("button.dbi-link", { type: "button", onclick: () => { set(""); paint(); } }, t("chips.all_on")) : null);
    const more = open ? el("pre.dbi-report", { tabIndex: 0 }, shown[open]) : null;
    root.replaceChildren(...shown.concepts.map((/** @type {any} */ concept) => line(concept, now)),
      ...(shown.notices ?? []).filter(worthSaying).map((/** @type {any} */ one) => el("div.dbi-faint.dbi-notice", {}, notice(one))), bar, ...(more ? [more] : []));
    root.scrollTop = top;
  }

  /** @param {string} name @param {string} words @param {boolean} there */
  function button(name, words, there) {
    return there ? el("button.dbi-link", { type: "button", "aria-expanded": String(open === name), onclick: () => { open = open === name ? "" : name; paint(); } }, words) : null;
  }

  /** @param {any} concept @param {Set<string>} now */
  function line(concept, now) {
    const alone = shown && shown.concepts.length === 1 && shown.kind !== "expand";
    const state = concept.chips.length ? concept.status : "not found";
    const words = concept.text || t("chips.added");
    return el("div.dbi-concept", { "data-status": state, role: "group", "aria-label": words },
      alone ? null : el("span.dbi-words", { title: state === "not found" ? t("chips.missing") : state },
        el("span.dbi-dot", { "aria-hidden": "true" }), (concept.negated ? "− " : concept.text ? "" : "+ ") + words),
      ...concept.chips.map((/** @type {any} */ one) => chip(one, now)),
      concept.chips.length ? null : el("span.dbi-faint", {}, t("chips.missing")));
  }

  /** @param {any} one @param {Set<string>} now */
  function chip(one, now) {
    const known = nameOf(one.names ?? {});
    const name = key(known) === key(one.tag) ? "" : known;
    const isOff = now.has(key(one.tag));
    const weak = one.state === "weak";
    const facts = [name, one.posts === undefined ? "" : t("posts", { count: one.posts.toLocaleString(locale()) }), one.score === undefined ? "" : one.score.toFixed(2),
      one.state === "added" ? t("chips.added_why") : "", weak ? t("chips.weak") : t("chips.toggle")].filter(Boolean).join(" · ");
    return el(`button.dbi-chip.dbi-${one.category ?? "general"}`, {
      type: "button", title: facts, "aria-pressed": String(!isOff && !weak), "data-tag": one.tag, "data-state": isOff ? "off" : one.state,
      onclick: () => (weak && !isOff ? copy(one.tag) : flip(one.tag)),
    }, el("span", {}, written(one.tag, { escape: false })), name ? el("small", {}, name) : null,
    one.posts === undefined ? null : el("small.dbi-count", {}, compact(one.posts, locale())));
  }

  // A changed text keeps what is still found switched off, and drops the rest.
  if (shown && input) set(stillOff(String(input.value ?? ""), shown.concepts.flatMap((/** @type {any} */ concept) => concept.chips.map((/** @type {any} */ one) => one.tag))).join(", "));
  paint();
}

/** What a chip line does not say already. @param {{key: string}} one */
function worthSaying(one) {
  return one.key !== "unfound";
}

/** Let the node grow with its chips, within reason; more of them scroll. @param {any} node @param {HTMLElement} root */
function fit(node, root) {
  const inner = [...root.children].reduce((most, child) => Math.max(most, /** @type {HTMLElement} */ (child).offsetTop + /** @type {HTMLElement} */ (child).offsetHeight), 0);
  const wanted = Math.max(LEAST, Math.min(MOST, inner - root.offsetTop * Number(root.offsetParent !== root) + 12));
  if (!inner || wanted === Number(root.dataset.height ?? LEAST)) return;
  root.dataset.height = String(wanted);
  const [width, height] = node.computeSize?.() ?? node.size;
  if (height > node.size[1]) node.setSize?.([Math.max(width, node.size[0]), height]);
  node.setDirtyCanvas?.(true, true);
}

/** @param {string} tag */
function copy(tag) {
  void navigator.clipboard?.writeText(written(tag)).catch(() => undefined);
  toast("info", `${t("row.copied")}: ${written(tag)}`);
}
