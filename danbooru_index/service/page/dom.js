// Small helpers over the DOM. Text is always set as text, never as HTML.

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name @param {Record<string, any>} [properties] @param {...(Node | string)} children @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") element.className = value;
    else if (key in element) /** @type {any} */ (element)[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** The one element that a selector finds. @param {string} selector @param {ParentNode} [from] @returns {any} */
export const one = (selector, from = document) => from.querySelector(selector);

/** @param {HTMLElement} note @param {unknown} error */
export function showError(note, error) {
  note.classList.add("bad");
  note.textContent = error instanceof Error ? `${error.message} ${"hint" in error ? error.hint : ""}`.trim() : String(error);
}

/** @param {HTMLElement} note @param {string} text */
export function say(note, text) {
  note.classList.remove("bad");
  note.textContent = text;
}

/** Calls a function once things have been quiet for a while. @param {() => void} run @param {number} wait */
export function debounced(run, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, wait);
  };
}

/** Copies a text and says so on the button. @param {HTMLElement} button @param {string} text */
export async function copy(button, text) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => (button.textContent = before), 1200);
}

/** Up and down move between the buttons of a list. @param {HTMLElement} list @param {HTMLElement} above */
export function arrows(list, above) {
  const step = (/** @type {KeyboardEvent} */ event) => {
    const down = event.key === "ArrowDown";
    if (!down && event.key !== "ArrowUp") return;
    const buttons = [...list.querySelectorAll("button")];
    const place = buttons.findIndex((button) => button === document.activeElement);
    const next = down ? buttons[place + 1] : place > 0 ? buttons[place - 1] : above;
    if (!next || (event.target === above && !down)) return;
    event.preventDefault();
    next.focus();
  };
  list.addEventListener("keydown", step);
  above.addEventListener("keydown", (event) => !event.isComposing && step(event));
}
