// The routes of the service as functions. Knows nothing of the page.

export const PREFIX = "/danbooru-index/v1";

/** An error that the service answered: what happened, what to do now, a word for programs. */
export class ServiceError extends Error {
  /** @param {number} status @param {{error?: string, hint?: string, code?: string}} body */
  constructor(status, body) {
    super(body.error ?? `The server answered ${status}.`);
    this.status = status;
    this.hint = body.hint ?? "";
    this.code = body.code ?? "";
  }
}

/**
 * @param {string} base where the routes stand
 * @param {() => string | null} keyOf the key to send, null for none
 */
export function client(base = PREFIX, keyOf = () => null) {
  /** @param {string} name @param {unknown} [body] @param {AbortSignal} [signal] */
  async function ask(name, body, signal) {
    /** @type {Record<string, string>} */
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    const key = keyOf();
    if (key) headers.Authorization = `Bearer ${key}`;
    const method = body === undefined ? "GET" : "POST";
    const answer = await fetch(`${base}/${name}`, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
    const value = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new ServiceError(answer.status, value);
    return value;
  }
  /** @param {string} name @returns {(request: object, signal?: AbortSignal) => Promise<any>} */
  const post = (name) => (request, signal) => ask(name, request, signal);
  return {
    search: post("search"),
    expand: post("expand"),
    related: post("related"),
    tags: post("tags"),
    index: () => ask("index"),
    description: () => fetch("/openapi.json").then((answer) => answer.json()),
  };
}

/**
 * Calls of which only the newest counts: an older answer that comes late is dropped, its request is given up.
 * @returns {<T>(run: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>}
 */
export function newest() {
  let last = new AbortController();
  return async (run) => {
    last.abort();
    const mine = (last = new AbortController());
    try {
      const value = await run(mine.signal);
      return mine.signal.aborted ? undefined : value;
    } catch (error) {
      if (mine.signal.aborted) return undefined;
      throw error;
    }
  };
}
