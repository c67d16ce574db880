// The line below the sidebar's list: the index that is searched, with a way to its dialog, or the job that makes another.
import { api } from "../../../scripts/api.js";
import { el } from "./dom.mjs";
import { showJob } from "./job.mjs";
import { ask } from "./service.mjs";
import { locale, t } from "./words.mjs";

export class Foot {
  constructor() {
    this.root = el("div.dbi-foot");
    this.onJob = (/** @type {CustomEvent} */ event) => this.job(event.detail);
  }

  /** Show the index, and from now on what its jobs say. */
  async start() {
    api.addEventListener("danbooru-index.job", this.onJob);
    await this.state();
  }

  stop() {
    api.removeEventListener("danbooru-index.job", this.onJob);
  }

  async state() {
    try {
      const state = await ask("comfyui/state");
      const tags = state.index?.tags.toLocaleString(locale());
      this.root.replaceChildren(
        el("span.dbi-foot-words", {}, state.kind === "none" ? t("index.none") : t(`index.${state.kind}`, { tags })),
        el("button.dbi-button", { type: "button", onclick: async () => (await import("./index_panel.mjs")).open(() => void this.state()) }, t("rebuild.open")));
      if (state.job?.state === "running") this.job(state.job);
    } catch (error) {
      this.root.textContent = /** @type {Error} */ (error).message;
    }
  }

  /** @param {any} job */
  job(job) {
    if (job.kind === "prepare" && job.state !== "failed") return;
    if (job.state === "running") showJob(this.root, job);
    else void this.state();
  }
}
