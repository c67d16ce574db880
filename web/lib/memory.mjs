// History and favourites: one small file of the user's on the server, through ComfyUI's own user data.
import { api } from "../../../scripts/api.js";

const FILE = "danbooru-index.json";
const MOST = { history: 200, favourites: 1000 };
/** @typedef {{history: string[], favourites: string[]}} Memory */

/** @returns {Promise<Memory>} */
export async function read() {
  try {
    // Asked for by name before it was ever written it would be an error in the console.
    const there = await (await api.fetchApi("/userdata?dir=.&recurse=false&split=false")).json();
    if (!there.includes(FILE)) return { history: [], favourites: [] };
    const answer = await api.getUserData(FILE);
    const value = await answer.json();
    const list = (/** @type {unknown} */ one) => (Array.isArray(one) ? one.filter((item) => typeof item === "string") : []);
    return { history: list(value.history), favourites: list(value.favourites) };
  } catch {
    return { history: [], favourites: [] };
  }
}

let queue = Promise.resolve();

/** Change what is kept. Read again first, since another page of the same user may have written. @param {(memory: Memory) => Memory} change */
export function change(change) {
  queue = queue.then(async () => {
    const memory = change(await read());
    const kept = { history: memory.history.slice(0, MOST.history), favourites: memory.favourites.slice(0, MOST.favourites) };
    await api.storeUserData(FILE, kept, { overwrite: true, stringify: true, throwOnError: false });
  }).catch(() => undefined);
  return queue;
}

/** @param {string} text */
export function addToHistory(text) {
  return change((memory) => ({ ...memory, history: [text, ...memory.history.filter((one) => one !== text)] }));
}

/** @param {string} tag @param {boolean} on */
export function setFavourite(tag, on) {
  return change((memory) => {
    const others = memory.favourites.filter((one) => one !== tag);
    return { ...memory, favourites: on ? [tag, ...others] : others };
  });
}

export function clearHistory() {
  return change((memory) => ({ ...memory, history: [] }));
}
