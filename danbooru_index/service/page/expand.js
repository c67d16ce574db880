// Expand: concepts with their tags as chips; a chip that is switched off leaves the prompt.
import { newest } from "./api.js";
import { copy, make, one, say, showError } from "./dom.js";

/** What a tag of a prompt is in the index: without weights, brackets' backslashes and the spaces. @param {string} written */
export function plain(written) {
  let text = written.trim().replace(/^[\d.]+::(.*)::$/u, "$1").replace(/^\((.*):[\d.]+\)$/u, "$1");
  text = text.replace(/\\([()])/gu, "$1").replace(/^@/u, "");
  return text.trim().replace(/ /gu, "_");
}

/** A prompt without some tags. @param {string} prompt @param {Set<string>} off */
export function without(prompt, off) {
  if (!off.size) return prompt;
  return prompt.split(", ").filter((part) => !off.has(plain(part))).join(", ");
}

/** @param {ReturnType<typeof import("./api.js").client>} api @param {HTMLElement} panel @param {(error: unknown) => boolean} asksForKey */
export function expandPanel(api, panel, asksForKey) {
  const form = one("form", panel);
  const note = one(".note", panel);
  const latest = newest();
  /** @type {Set<string>} */
  const off = new Set();
  /** @type {any} */
  let result = null;

  const show = () => {
    one("[name=prompt]", panel).value = without(result.prompt, off);
    one("[name=negative]", panel).value = result.negative;
  };

  /** @param {string} tag @param {number} score @param {boolean} negated */
  const chip = (tag, score, negated) => {
    const on = () => String(!off.has(tag));
    const button = make("button", { type: "button", class: "chip", "aria-pressed": on() }, tag.replaceAll("_", " "));
    button.append(make("span", { class: "score" }, score.toFixed(2)));
    button.disabled = negated;
    button.addEventListener("click", () => {
      if (!off.delete(tag)) off.add(tag);
      panel.querySelectorAll(`.chip[data-tag="${CSS.escape(tag)}"]`).forEach((other) => other.setAttribute("aria-pressed", on()));
      show();
    });
    button.dataset.tag = tag;
    return button;
  };

  const concept = (/** @type {any} */ found) =>
    make(
      "div",
      { class: "concept" },
      make("span", { class: "words" }, (found.negated ? "not: " : "") + found.text),
      make("span", { class: "status" }, found.status),
      ...found.tags.map((/** @type {string} */ tag, /** @type {number} */ place) => chip(tag, found.scores[place], found.negated)),
    );

  const run = async () => {
    const text = form.text.value.trim();
    if (!text) return say(note, "Write what you want to see.");
    const request = {
      text,
      style: form.style.value,
      nsfw: form.nsfw.value,
      budget: form.budget.valueAsNumber || 2,
      quality: form.quality.checked,
      weights: form.weights.checked,
    };
    say(note, "…");
    try {
      const found = await latest((signal) => api.expand(request, signal));
      if (!found) return;
      result = found;
      off.clear();
      one(".concepts", panel).replaceChildren(...found.concepts.map(concept));
      one(".prompts", panel).hidden = false;
      show();
      say(note, found.warnings.join(" "));
    } catch (error) {
      if (!asksForKey(error)) showError(note, error);
    }
  };

  form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => (event.preventDefault(), run()));
  form.text.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) run();
  });
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (panel.querySelectorAll(".copy"))) {
    button.addEventListener("click", () => copy(button, one(`[name=${button.dataset.of}]`, panel).value));
  }
}
