// ComfyUI's two scripts as the page's modules import them, with what a test says that the server answers.

export const said = {
  /** @type {Record<string, any>} */ settings: {},
  /** @type {(path: string, body: any) => any} what a route answers; an error with a status is an answer too */ answer: () => ({}),
  /** @type {{path: string, body: any}[]} */ asked: [],
  /** @type {any[]} */ toasts: [],
  /** @type {Record<string, string>} */ files: {},
};

/** An answer that is no success. */
export class Failure extends Error {
  /** @param {number} status @param {any} value */
  constructor(status, value) {
    super(`HTTP ${status}`);
    Object.assign(this, { status, value });
  }
}

/** Forget what the test before has left. @param {Partial<typeof said>} [now] */
export function begin(now = {}) {
  Object.assign(said, { settings: { "Comfy.Locale": "en" }, answer: () => ({}), asked: [], toasts: [], files: {} }, now);
}

const json = (/** @type {number} */ status, /** @type {any} */ value) => ({ ok: status < 400, status, json: async () => structuredClone(value) });

export const app = {
  extensionManager: {
    setting: { get: (/** @type {string} */ name) => said.settings[name] },
    toast: { add: (/** @type {any} */ one) => said.toasts.push(one) },
  },
};

class Api extends EventTarget {
  /** @param {string} path @param {any} [options] */
  async fetchApi(path, options = {}) {
    if (path.startsWith("/userdata?")) return json(200, Object.keys(said.files));
    const asked = { path: path.replace("/danbooru-index/v1/", ""), body: options.body && JSON.parse(options.body) };
    said.asked.push(asked);
    try {
      return json(200, await said.answer(asked.path, asked.body));
    } catch (error) {
      if (error instanceof Failure) return json(/** @type {any} */ (error).status, /** @type {any} */ (error).value);
      throw error;
    }
  }

  /** @param {string} name */
  async getUserData(name) {
    return { json: async () => JSON.parse(said.files[name]) };
  }

  /** @param {string} name @param {any} value */
  async storeUserData(name, value) {
    said.files[name] = JSON.stringify(value);
  }
}

export const api = new Api();
