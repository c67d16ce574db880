// Danbooru Index in Stable Diffusion WebUI: the panel, and live search in the prompt boxes.
// One global scope is shared with every other extension, so all of this lives inside one function.
(function () {
  "use strict";

  const BASE = "./danbooru-index-webui/v1";
  const QUIET = 150; // milliseconds without a key before a search
  const TABS = ["txt2img", "img2img"];

  // --- asking ---------------------------------------------------------------------------------------------------------

  async function ask(route, body, signal) {
    const answer = await fetch(`${BASE}/${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body || {}),
      signal,
    });
    const value = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const error = new Error([value.error || `The WebUI answered ${answer.status}.`, value.hint].filter(Boolean).join(" "));
      error.code = value.code;
      throw error;
    }
    return value;
  }

  // Calls of which only the newest counts.
  function newest() {
    let last = new AbortController();
    const run = async (call) => {
      last.abort();
      const mine = (last = new AbortController());
      try {
        const value = await call(mine.signal);
        return mine.signal.aborted ? undefined : value;
      } catch (error) {
        if (mine.signal.aborted) return undefined;
        throw error;
      }
    };
    run.stop = () => last.abort();
    return run;
  }

  const setting = (name, other) => (typeof opts === "object" && opts && opts[`danbooru_index_${name}`] !== undefined ? opts[`danbooru_index_${name}`] : other);

  // --- prompt boxes ---------------------------------------------------------------------------------------------------

  const promptBox = (tab, negative) => gradioApp().querySelector(`#${tab}_${negative ? "neg_prompt" : "prompt"} textarea`);
  const carets = new WeakMap(); // where the caret was when a box was left

  function inPrompt(tag) {
    return tag.replace(/_/g, " ").replace(/[()]/g, "\\$&");
  }

  // Puts text into a box as if it was typed, so that undo works; `from` and `to` say what it takes the place of.
  function write(box, text, from, to) {
    box.focus();
    box.setSelectionRange(from, to);
    const whole = box.value.slice(0, from) + text + box.value.slice(to);
    const typed = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
    if (!typed || box.value !== whole) {
      box.value = whole;
      box.setSelectionRange(from + text.length, from + text.length);
      updateInput(box);
    }
    carets.set(box, box.selectionEnd);
  }

  function insertAtCursor(box, text) {
    const known = document.activeElement === box ? box.selectionStart : carets.get(box);
    const at = Math.min(known === undefined ? box.value.length : known, box.value.length);
    const before = box.value.slice(0, at).trimEnd();
    const after = box.value.slice(at);
    const left = !before || before.endsWith(",") || before.endsWith("\n") ? (before ? " " : "") : ", ";
    const right = after.trim() && !after.trimStart().startsWith(",") ? ", " : "";
    write(box, left + text + right, before.length, at);
  }

  // --- elements -------------------------------------------------------------------------------------------------------

  function make(name, properties, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {})) {
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }

  function namesOf(text) {
    const rest = text.includes(" - ") ? text.slice(text.indexOf(" - ") + 3) : "";
    return rest.split("。")[0];
  }

  // --- the panel ------------------------------------------------------------------------------------------------------

  function panel(root, tab) {
    const text = make("textarea", { rows: 2, placeholder: "What do you want to see? 穿水手服的双马尾女孩 · 夜空の花火 · cat ears" });
    text.setAttribute("aria-label", "What do you want to see?");
    const button = (label, act, more) => {
      const made = make("button", { type: "button", className: "danbooru-index-button", ...more }, label);
      made.addEventListener("click", act);
      return made;
    };
    const note = make("p", { className: "danbooru-index-note" });
    note.setAttribute("role", "status");
    const chips = make("div", { className: "danbooru-index-chips" });
    const latest = newest();
    let negative = "";

    const say = (words, bad) => {
      note.textContent = words;
      note.classList.toggle("bad", Boolean(bad));
    };
    const chip = (tag, hint, category) => {
      const made = make("button", { type: "button", className: `danbooru-index-chip ${category || ""}`, title: hint }, tag.replace(/_/g, " "));
      made.dataset.tag = tag;
      made.setAttribute("aria-pressed", "true");
      made.addEventListener("click", () => made.setAttribute("aria-pressed", String(made.getAttribute("aria-pressed") !== "true")));
      return made;
    };
    const chosen = () =>
      [...chips.querySelectorAll('[aria-pressed="true"]')].map((made) => inPrompt(made.dataset.tag)).join(", ");

    const failed = (error) => {
      say(error.message, true);
      if (error.code === "not_installed") offerInstall();
    };
    let timer = 0; // of the search that follows typing; whatever is asked for by hand comes instead of it
    const run = async (route) => {
      clearTimeout(timer);
      const words = text.value.trim();
      if (!words) return say("Write what you want to see.");
      say("…");
      const body = { text: words, nsfw: setting("nsfw", "exclude") };
      if (route === "expand") body.style = setting("style", "sdxl");
      else body.limit = 24;
      try {
        const found = await latest((signal) => ask(route, body, signal));
        if (!found) return;
        negative = found.negative || "";
        if (route === "search") {
          chips.replaceChildren(
            ...found.hits.map((hit) => {
              const made = chip(hit.tag, `${namesOf(hit.text)} · ${hit.post_count.toLocaleString()} · ${hit.score.toFixed(2)}`, hit.category);
              made.setAttribute("aria-pressed", "false");
              return made;
            }),
          );
          say(found.hits.length ? "Click the tags that you want." : "No tag fits.");
        } else {
          const rows = found.concepts.filter((concept) => !concept.negated).map((concept) =>
            make("div", { className: "danbooru-index-concept" }, make("span", {}, `${concept.text}: `), ...concept.tags.map((tag) => chip(tag, concept.status, ""))),
          );
          chips.replaceChildren(...rows);
          say([...found.warnings, negative && `Negative: ${negative}`].filter(Boolean).join(" "));
        }
      } catch (error) {
        failed(error);
      }
    };

    const put = (toNegative, replace) => {
      const box = promptBox(tab, toNegative);
      const words = toNegative ? [negative, chosen()].filter(Boolean)[0] || "" : chosen();
      if (!box || !words) return say("Choose tags first.");
      // The other box first: undo takes back the newest change of the page, which is then the prompt's.
      const other = !toNegative && negative ? promptBox(tab, true) : null;
      if (other && !other.value.includes(negative)) {
        write(other, other.value.trim() ? `${other.value.trim()}, ${negative}` : negative, 0, other.value.length);
      }
      if (replace) write(box, words, 0, box.value.length);
      else insertAtCursor(box, words);
    };

    text.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the WebUI's own keys, such as Ctrl+Enter, are for its prompt boxes
      if (event.isComposing) return;
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        run(event.ctrlKey || event.metaKey ? "expand" : "search");
      }
    });
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(() => text.value.trim() && run("search"), QUIET * 2);
    };
    text.addEventListener("input", (event) => {
      event.stopPropagation();
      if (!event.isComposing) soon();
    });
    text.addEventListener("compositionend", soon);

    const offerInstall = () => {
      if (root.querySelector(".danbooru-index-install")) return;
      const install = button("Install (about 250 MB, in a folder of its own)", async () => {
        install.disabled = true;
        try {
          await ask("install");
          follow(install);
        } catch (error) {
          install.disabled = false;
          failed(error);
        }
      });
      install.classList.add("danbooru-index-install");
      root.append(install);
    };
    const follow = async (install) => {
      const state = await ask("status").catch((error) => ({ said: error.message }));
      say(state.said || "");
      if (state.installing) return setTimeout(() => follow(install), 1000);
      install.disabled = false;
      if (state.installed) {
        install.remove();
        say("Installed. The first search starts the engine, which takes a moment.");
      }
    };

    root.replaceChildren(
      text,
      make(
        "div",
        { className: "danbooru-index-row" },
        button("Search", () => run("search")),
        button("Expand", () => run("expand")),
        button("Insert at cursor", () => put(false, false)),
        button("Replace prompt", () => put(false, true)),
        button("To negative prompt", () => put(true, false)),
      ),
      note,
      chips,
    );
    root.dataset.ready = "yes";
  }

  // --- live search in the prompt boxes -------------------------------------------------------------------------------

  // "Ctrl+Shift+K" -> whether an event is that key.
  function isKey(event, wanted) {
    const parts = String(wanted || "").split("+").map((part) => part.trim().toLowerCase()).filter(Boolean);
    const key = wanted && String(wanted).endsWith("++") ? "+" : parts[parts.length - 1];
    if (!key) return false;
    const flags = [["ctrl", event.ctrlKey], ["alt", event.altKey], ["shift", event.shiftKey], ["meta", event.metaKey]];
    return event.key.toLowerCase() === key && flags.every(([name, on]) => parts.slice(0, -1).includes(name) === on);
  }

  const popup = make("div", { className: "danbooru-index-popup", hidden: true });
  popup.setAttribute("role", "listbox");
  const live = newest();
  let box = null;
  let span = [0, 0];
  let place = 0;
  let pause = 0;

  function close() {
    popup.hidden = true;
    live.stop();
    clearTimeout(pause);
    box = null;
  }

  // The words before the caret: since the last comma or line.
  function wordsBefore(area) {
    const end = area.selectionEnd;
    const start = Math.max(...[",", "\n", "，", "、"].map((mark) => area.value.lastIndexOf(mark, end - 1))) + 1;
    const text = area.value.slice(start, end);
    return { text: text.trim(), start: start + (text.length - text.trimStart().length), end };
  }

  function mark(next) {
    const rows = [...popup.children];
    place = (next + rows.length) % Math.max(1, rows.length);
    rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === place)));
    if (rows[place]) rows[place].scrollIntoView({ block: "nearest" });
  }

  function take(tag) {
    const area = box;
    const [start, end] = span;
    close();
    write(area, `${inPrompt(tag)}, `, start, end);
  }

  async function lookUp() {
    const area = box;
    const words = wordsBefore(area);
    if (!words.text) return popup.replaceChildren();
    try {
      const found = await live((signal) => ask("search", { text: words.text, limit: 12, nsfw: setting("nsfw", "exclude") }, signal));
      if (!found || box !== area) return;
      span = [words.start, words.end];
      popup.replaceChildren(
        ...found.hits.map((hit) => {
          const row = make("div", { className: `danbooru-index-hit ${hit.category}` }, make("b", {}, hit.tag.replace(/_/g, " ")), ` ${namesOf(hit.text)}`);
          row.setAttribute("role", "option");
          row.dataset.tag = hit.tag;
          row.addEventListener("mousedown", (event) => (event.preventDefault(), take(hit.tag)));
          return row;
        }),
      );
      mark(0);
    } catch (error) {
      popup.replaceChildren(make("div", { className: "danbooru-index-note bad" }, error.message));
    }
  }

  function open(area) {
    box = area;
    const at = area.getBoundingClientRect();
    popup.style.left = `${at.left + window.scrollX}px`;
    popup.style.top = `${at.bottom + window.scrollY}px`;
    popup.style.minWidth = `${Math.min(at.width, 420)}px`;
    popup.replaceChildren(make("div", { className: "danbooru-index-note" }, "…"));
    popup.hidden = false;
    lookUp();
  }

  function isPrompt(target) {
    return target instanceof HTMLTextAreaElement && Boolean(target.closest(TABS.map((tab) => `#${tab}_prompt, #${tab}_neg_prompt`).join(", ")));
  }

  function onKey(event) {
    if (event.isComposing || !isPrompt(event.target)) return;
    if (!box) {
      if (isKey(event, setting("live_key", "Alt+/"))) {
        event.preventDefault();
        event.stopPropagation();
        open(event.target);
      }
      return;
    }
    const rows = popup.children;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Escape") close();
    else if (steps[event.key] && rows.length) mark(place + steps[event.key]);
    else if ((event.key === "Enter" || event.key === "Tab") && rows[place] && rows[place].dataset.tag && !event.ctrlKey) take(rows[place].dataset.tag);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function onInput(event) {
    if (!box || event.target !== box || event.isComposing) return;
    clearTimeout(pause);
    pause = setTimeout(() => box && lookUp(), QUIET);
  }

  // --- the page -------------------------------------------------------------------------------------------------------

  function build() {
    for (const tab of TABS) {
      const root = gradioApp().querySelector(`.danbooru-index[data-tab="${tab}"]`);
      if (root && !root.dataset.ready) panel(root, tab);
    }
  }

  onUiLoaded(() => {
    build();
    document.body.append(popup);
    document.addEventListener("keydown", onKey, true);
    document.addEventListener("input", onInput, true);
    document.addEventListener("selectionchange", () => {
      const active = document.activeElement;
      if (isPrompt(active)) carets.set(active, active.selectionStart);
    });
    document.addEventListener("focusout", (event) => event.target === box && setTimeout(() => document.activeElement !== box && close(), 150));
  });
  // Gradio may draw parts of the page anew.
  if (typeof onAfterUiUpdate === "function") onAfterUiUpdate(build);
})();
