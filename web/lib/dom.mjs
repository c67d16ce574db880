// Small helpers for building the page's elements.

/**
 * An element: el("button.dbi-star", {title: "x", onclick}, child, "text").
 * @param {string} name tag and classes @param {Record<string, any>} [attributes] @param {...(Node | string | null | undefined | false)} children
 */
export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag || "div");
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key in made && key !== "list" && !key.includes("-")) /** @type {any} */ (made)[key] = value;
    else made.setAttribute(key, String(value));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) made.append(child);
  return made;
}

let styled = false;

/** The style sheet, once. */
export function style() {
  if (styled) return;
  styled = true;
  document.head.append(el("link", { rel: "stylesheet", href: new URL("../style.css", import.meta.url).href }));
}

/** Keep the page's own keys and the canvas from what happens in one of our elements. @param {HTMLElement} element */
export function own(element) {
  for (const kind of ["keydown", "keyup", "pointerdown", "wheel", "dblclick", "paste", "copy"]) {
    element.addEventListener(kind, (event) => {
      const key = /** @type {KeyboardEvent} */ (event);
      // Ctrl+Enter queues the prompt from anywhere.
      if (!(key.key === "Enter" && (key.ctrlKey || key.metaKey))) event.stopPropagation();
    }, { passive: true });
  }
  return element;
}

/** @param {number} seconds @param {(name: string, values?: any) => string} t */
export function duration(seconds, t) {
  if (seconds < 90) return t("time.seconds", { count: Math.max(1, Math.round(seconds)) });
  if (seconds < 5400) return t("time.minutes", { count: Math.round(seconds / 60) });
  return t("time.hours", { count: (seconds / 3600).toFixed(1) });
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
