// The server's routes. Every answer is JSON; an error is thrown with words for the user.
import { api } from "../../../scripts/api.js";
import { locale, t } from "./words.mjs";

const PREFIX = "/danbooru-index/v1";

export class ServiceError extends Error {
  /** @param {string} message @param {string} hint @param {string} code */
  constructor(message, hint, code) {
    super(message);
    this.hint = hint;
    this.code = code;
  }
}

/** @param {string} path @param {object} [body] POST with a body, else GET @param {AbortSignal} [signal] */
export async function ask(path, body, signal) {
  const options = body
    ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal }
    : { method: "GET", signal, cache: /** @type {RequestCache} */ ("no-store") };
  let answer;
  try {
    answer = await api.fetchApi(`${PREFIX}/${path}`, options);
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") throw error;
    throw new ServiceError(t("error.unreachable"), "", "unreachable");
  }
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const code = value.code ?? String(answer.status);
    const known = errorWords(code);
    throw new ServiceError(known || (value.error ?? t("error.unknown")), known ? "" : value.hint ?? "", code);
  }
  return value;
}

/** What happened and what to do, in the user's language; empty where the words of the server are the only ones. @param {string} code */
export function errorWords(code) {
  const known = t(`error.${code}`);
  return known === `error.${code}` ? "" : known;
}

/** @type {Promise<object> | null} */
let preparing = null;

/** Have the index made ready, once for everybody who waits. @param {(job: any) => void} onProgress */
export function prepare(onProgress) {
  const listen = (/** @type {CustomEvent} */ event) => event.detail.kind === "prepare" && onProgress(event.detail);
  api.addEventListener("danbooru-index.job", listen);
  preparing ??= finished("prepare").finally(() => { preparing = null; });
  return preparing.finally(() => api.removeEventListener("danbooru-index.job", listen));
}

/** @param {string} kind */
async function finished(kind) {
  let job = await ask(`comfyui/${kind}`, {});
  while (job.state === "running") {
    await new Promise((go) => setTimeout(go, 700));
    // An event may be lost; the state never is.
    job = (await ask("comfyui/state")).job ?? job;
    api.dispatchEvent(new CustomEvent("danbooru-index.job", { detail: job }));
  }
  if (job.state === "failed") throw new ServiceError(errorWords(job.code) || job.error, errorWords(job.code) ? "" : job.hint, "job");
  return job;
}

const known = new Map();

/** What the index knows of tags; asked for once. @param {string[]} tags @param {AbortSignal} [signal] */
export async function describe(tags, signal) {
  const missing = tags.filter((tag) => !known.has(tag));
  for (let start = 0; start < missing.length; start += 100) {
    const { tags: found } = await ask("tags", { tags: missing.slice(start, start + 100) }, signal);
    if (locale() === "zh-TW") await (await import("./traditional.mjs")).addTraditional(found);
    if (known.size > 5000) known.clear();
    for (const one of found) known.set(one.query, one);
  }
  return new Map(tags.map((tag) => [tag, known.get(tag)]));
}

export function forget() {
  known.clear();
}
