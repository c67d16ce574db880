// The page: tabs, live search, related tags, the state of the index, and the key where the server needs one.
import { client, newest, ServiceError } from "./api.js";
import { arrows, copy, debounced, make, one, say, showError } from "./dom.js";
import { expandPanel } from "./expand.js";
import { Chosen, tagList } from "./tags.js";

const KEY = "danbooru-index.key";
const QUIET = 120; // milliseconds without a key before a search
const CATEGORIES = ["general", "character", "copyright", "artist", "meta"];

const api = client(undefined, () => sessionStorage.getItem(KEY));
const chosen = new Chosen();

/** Asks for the key if that is what an error says. @param {unknown} error */
function asksForKey(error) {
  if (!(error instanceof ServiceError) || error.status !== 401) return false;
  const dialog = one("#key-dialog");
  if (!dialog.open) dialog.showModal();
  return true;
}

function keyDialog() {
  const dialog = one("#key-dialog");
  dialog.addEventListener("close", () => {
    sessionStorage.setItem(KEY, one("[name=key]", dialog).value.trim());
    showState();
  });
}

function tabs() {
  const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[role=tab]")]);
  const open = (/** @type {HTMLElement} */ tab) => {
    for (const each of all) {
      each.setAttribute("aria-selected", String(each === tab));
      each.tabIndex = each === tab ? 0 : -1;
      one(`#${each.getAttribute("aria-controls")}`).hidden = each !== tab;
    }
    if (tab.id === "tab-related") fillRelated();
    if (tab.id === "tab-index") showState();
  };
  all.forEach((tab, place) => {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[/** @type {KeyboardEvent} */ (event).key];
      if (!step) return;
      const next = all[(place + step + all.length) % all.length];
      next.focus();
      open(next);
    });
  });
}

function searchPanel() {
  const panel = one("#search");
  const form = one("form", panel);
  const note = one(".note", panel);
  const show = tagList(one(".hits", panel), chosen);
  const latest = newest();
  const rest = one(".all", panel);
  /** @type {any[]} */
  let hits = [];
  /** Hits go on below those that fit, as far as they were asked for. @param {boolean} all */
  const list = (all) => {
    const fit = hits.filter((hit) => hit.fits);
    const shown = all ? hits : fit;
    show(shown);
    rest.hidden = shown.length === hits.length;
    rest.textContent = `All (${hits.length - shown.length} more)`;
    if (!hits.length) say(note, "No tag passes these filters.");
    else say(note, fit.length ? `${shown.length} tags` : "Nothing fits this text. Say it in other words.");
  };
  rest.addEventListener("click", () => list(true));
  const boxes = CATEGORIES.map((name) => {
    const box = make("input", { type: "checkbox", name: "category", value: name });
    one(".categories", panel).append(make("label", { class: name }, box, ` ${name}`));
    return box;
  });
  const run = async () => {
    const text = form.text.value.trim();
    if (!text) return show([]), (rest.hidden = true), say(note, "");
    const request = {
      text,
      limit: form.limit.valueAsNumber || 30,
      categories: boxes.filter((box) => box.checked).map((box) => box.value),
      nsfw: form.nsfw.value,
      min_count: form.min_count.valueAsNumber || 0,
    };
    try {
      const found = await latest((signal) => api.search(request, signal));
      if (!found) return;
      hits = found.hits;
      list(false);
    } catch (error) {
      if (!asksForKey(error)) showError(note, error);
    }
  };
  const soon = debounced(run, QUIET);
  // While an input method composes, the text is not yet what the user means.
  form.addEventListener("input", (/** @type {InputEvent} */ event) => !event.isComposing && soon());
  form.text.addEventListener("compositionend", soon);
  form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => (event.preventDefault(), run()));
  arrows(one(".hits", panel), form.text);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/u.test(document.activeElement?.tagName ?? "");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    one("#tab-search").click();
    form.text.focus();
  });
}

function fillRelated() {
  const input = one("#related [name=tags]");
  if (!input.value) input.value = chosen.list().join(", ");
}

function relatedPanel() {
  const panel = one("#related");
  const form = one("form", panel);
  const note = one(".note", panel);
  const show = tagList(one(".hits", panel), chosen);
  const latest = newest();
  form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const tags = String(form.tags.value).split(/[,，、\n]/u).map((tag) => tag.trim()).filter(Boolean);
    if (!tags.length) return say(note, "Write a tag.");
    try {
      const found = await latest((signal) => api.related({ tags, limit: 40 }, signal));
      if (!found) return;
      show(found.hits);
      const unknown = found.unknown.length ? ` Not in the index: ${found.unknown.join(", ")}.` : "";
      say(note, `${found.hits.length} tags by ${found.method}.${unknown}`);
    } catch (error) {
      if (!asksForKey(error)) showError(note, error);
    }
  });
  arrows(one(".hits", panel), form.tags);
}

function chosenTray() {
  const tray = one("#chosen");
  const show = () => {
    const chips = chosen.list().map((tag) => {
      const chip = make("button", { type: "button", class: `chip ${chosen.categoryOf(tag)}`, title: "Remove" }, tag.replaceAll("_", " "));
      chip.addEventListener("click", () => chosen.toggle(tag));
      return chip;
    });
    tray.replaceChildren(...(chips.length ? chips : [make("small", {}, "Choose tags from the lists.")]));
  };
  chosen.addEventListener("change", show);
  one("#clear-chosen").addEventListener("click", () => chosen.clear());
  one("#copy-chosen").addEventListener("click", (/** @type {any} */ event) =>
    copy(event.currentTarget, chosen.list().map((tag) => tag.replaceAll("_", " ").replace(/[()]/gu, "\\$&")).join(", ")),
  );
  show();
}

async function showState() {
  const state = one("#state");
  try {
    const facts = await api.index();
    say(state, `${facts.tags.toLocaleString()} tags · ${facts.encoder}`);
    const rows = Object.entries(facts).flatMap(([name, value]) => {
      const text = typeof value === "number" ? value.toLocaleString() : typeof value === "string" ? value : JSON.stringify(value);
      return [make("dt", {}, name), make("dd", {}, text)];
    });
    one("#index .facts").replaceChildren(...rows);
  } catch (error) {
    if (!asksForKey(error)) showError(state, error);
  }
}

/** The choices of the lists are the server's own. */
async function fillChoices() {
  const paths = (await api.description()).paths;
  const fields = (/** @type {string} */ name) => paths[`/danbooru-index/v1/${name}`].post.requestBody.content["application/json"].schema.properties;
  const fill = (/** @type {HTMLSelectElement} */ select, /** @type {{enum: string[], default: string}} */ schema) => {
    select.replaceChildren(...schema.enum.map((choice) => make("option", { value: choice }, choice)));
    select.value = schema.default;
  };
  fill(one("#search [name=nsfw]"), fields("search").nsfw);
  fill(one("#expand [name=nsfw]"), fields("expand").nsfw);
  fill(one("#expand [name=style]"), fields("expand").style);
}

tabs();
keyDialog();
searchPanel();
relatedPanel();
expandPanel(api, one("#expand"), asksForKey);
chosenTray();
fillChoices().catch((error) => showError(one("#state"), error));
showState();
one("#search [name=text]").focus();
