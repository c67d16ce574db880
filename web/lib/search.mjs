// Searching while somebody types: one request at a time, the newest text next, no answer out of order.
import { ask, describe, prepare } from "./service.mjs";

const PAUSE = 90; // ms after the last key
const SLOW = 900; // ms after which a wait is explained

/**
 * @typedef {{tag: string, score: number, category: string, post_count: number, text: string, fits: boolean, nsfw?: boolean, matched?: string,
 *   channels?: Record<string, number>}} Hit
 * @typedef {{text: string, hits: Hit[], facts: Map<string, any>}} Found
 */

export class LiveSearch {
  /**
   * @param {{filters: () => object, found: (found: Found) => void, failed: (error: any) => void, waiting?: (job: any) => void, slow?: () => void}} on
   */
  constructor(on) {
    this.on = on;
    this.wanted = "";
    this.shown = "";
    this.busy = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** Search for this text soon. @param {string} text @param {boolean} [now] */
  type(text, now = false) {
    this.wanted = text.trim();
    clearTimeout(this.timer);
    if (!this.wanted) return;
    this.timer = setTimeout(() => void this.run(), now ? 0 : PAUSE);
  }

  /** Search for the newest text again, as after a change of filters. */
  again() {
    this.shown = "";
    if (this.wanted) this.type(this.wanted, true);
  }

  stop() {
    this.wanted = "";
    clearTimeout(this.timer);
  }

  async run() {
    if (this.busy) return; // the newest text is taken up when this one has its answer
    this.busy = true;
    try {
      let mark = null;
      while (this.wanted && (mark = JSON.stringify([this.wanted, this.on.filters()])) !== this.shown) {
        this.shown = mark;
        await this.once(this.wanted);
      }
    } finally {
      this.busy = false;
    }
  }

  /** @param {string} text */
  async once(text) {
    // The first search of all opens the index.
    const slow = setTimeout(() => this.on.slow?.(), SLOW);
    try {
      const answer = await ask("search", { text, limit: 30, explain: true, ...this.on.filters() });
      if (text !== this.wanted) return; // somebody has typed on
      this.on.found({ text, hits: answer.hits, facts: new Map() });
      clearTimeout(slow);
      const facts = await describe(answer.hits.map((/** @type {Hit} */ hit) => hit.tag));
      if (text === this.wanted) this.on.found({ text, hits: answer.hits, facts });
    } catch (error) {
      const failure = /** @type {any} */ (error);
      if (failure.code === "no_index" && this.on.waiting) {
        try {
          await prepare(this.on.waiting);
          this.shown = "";
        } catch (other) {
          this.on.failed(other);
        }
      } else if (text === this.wanted) this.on.failed(failure);
    } finally {
      clearTimeout(slow);
    }
  }
}
