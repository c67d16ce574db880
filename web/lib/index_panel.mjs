// The dialog of the index: what it is, building it again from a file, verifying it.
import { api } from "../../../scripts/api.js";
import { app } from "../../../scripts/app.js";
import { duration, el, own, size, style } from "./dom.mjs";
import { showJob } from "./job.mjs";
import { ask, forget } from "./service.mjs";
import { list, locale, ready, t } from "./words.mjs";

const ENCODERS = ["auto", "use-multilingual", "BAAI/bge-m3"];
const ACCEPT = ".jsonl,.gz,.csv,.tsv,.txt,.json,.parquet";
const SUBFOLDER = "danbooru-index";

/** Open the dialog. @param {() => void} [changed] called when the index is another one @param {object} [order] what the node says */
export async function open(changed = () => undefined, order = {}) {
  style();
  await ready();
  const panel = new Panel(changed, order);
  await panel.start();
}

/** Whether to build from a path, which the node alone can read: how much that is it says when it begins. @param {string} corpus */
export async function confirmPath(corpus) {
  await ready();
  return app.extensionManager.dialog.confirm({ title: t("rebuild.title"), message: t("rebuild.confirm_path", { corpus }) });
}

class Panel {
  /** @param {() => void} changed @param {any} order */
  constructor(changed, order) {
    this.changed = changed;
    this.order = { corpus: "", encoder: "auto", ...order };
    this.asked = false;
    this.running = false;
    this.onJob = (/** @type {CustomEvent} */ event) => this.job(event.detail);
    this.about = el("div.dbi-about");
    this.settings = el("tbody");
    this.jobBox = el("div", { "aria-live": "polite" });
    this.corpus = /** @type {HTMLSelectElement} */ (el("select.dbi-select.dbi-wide", { "aria-label": t("rebuild.from"), onchange: () => this.choose() }));
    this.encoder = /** @type {HTMLSelectElement} */ (el("select.dbi-select.dbi-wide", { "aria-label": t("rebuild.encoder"), onchange: () => this.choose() },
      ...ENCODERS.map((value) => el("option", { value, selected: value === this.order.encoder }, value === "auto" ? t("rebuild.auto") : value))));
    this.planBox = el("div.dbi-plan", { "aria-live": "polite" });
    this.file = /** @type {HTMLInputElement} */ (el("input", { type: "file", accept: ACCEPT, hidden: true, onchange: () => void this.upload() }));
    this.go = /** @type {HTMLButtonElement} */ (el("button.dbi-button.dbi-primary", { type: "button", disabled: true, onclick: () => void this.confirm() }, t("rebuild.start")));
    this.dialog = /** @type {HTMLDialogElement} */ (el("dialog.dbi.dbi-dialog", { "aria-label": t("rebuild.title"), lang: locale(), onclose: () => this.stop() },
      el("h2", {}, t("rebuild.title")), this.about,
      el("label.dbi-field", {}, el("span", {}, t("rebuild.from")), this.corpus), this.file,
      el("label.dbi-field", {}, el("span", {}, t("rebuild.encoder")), this.encoder),
      this.planBox, this.jobBox,
      el("details.dbi-settings", {}, el("summary", {}, t("settings.title")), el("p.dbi-faint", {}, t("settings.where")), el("table", {}, this.settings)),
      el("div.dbi-buttons", {}, this.go,
        el("button.dbi-button", { type: "button", onclick: () => void this.run("verify", {}) }, t("rebuild.verify")),
        this.update = el("button.dbi-button", { type: "button", hidden: true, onclick: () => void this.run("update", {}) }, t("rebuild.update")),
        this.back = el("button.dbi-button", { type: "button", hidden: true, onclick: () => void this.run("back", {}) }, t("rebuild.back")),
        el("button.dbi-button", { type: "button", onclick: () => this.dialog.close() }, t("close")))));
    own(this.dialog);
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  async start() {
    api.addEventListener("danbooru-index.job", this.onJob);
    await Promise.all([this.state(), this.corpora(this.order.corpus)]);
    await this.choose();
  }

  stop() {
    api.removeEventListener("danbooru-index.job", this.onJob);
    clearTimeout(this.timer);
    this.dialog.remove();
  }

  async state() {
    const state = await ask("comfyui/state");
    const { index } = state;
    this.back.hidden = !state.aside || state.kind !== "starter";
    this.update.hidden = !state.update;
    this.about.replaceChildren(
      el("strong", {}, state.kind === "none" ? t("index.none") : t(`index.${state.kind}`, { tags: index.tags.toLocaleString(locale()) })),
      index ? el("div.dbi-faint", {}, t("index.details", { texts: index.texts.toLocaleString(locale()), encoder: index.encoder,
        size: size(index.bytes), date: new Date(index.built * 1000).toLocaleDateString(locale()) })) : "",
      index ? el("div.dbi-faint", {}, t("index.channels", { channels: list(index.channels.map((/** @type {string} */ name) => t(`channel.${name}`))) })) : "",
      index?.source ? el("div.dbi-faint", {}, t("index.source", index.source)) : "",
      state.repository ? "" : el("div.dbi-faint", {}, t("index.norepository")));
    this.settings.replaceChildren(...state.settings.map((/** @type {{name: string, value: string | null, source: string}} */ { name, value, source }) =>
      el("tr", {}, el("td", {}, el("code", {}, name)), el("td", {}, value ?? (source === "default" ? t("settings.none") : t("settings.hidden"))), el("td", {}, t(`source.${source.replace(".", "_")}`)))));
    if (state.job) this.job(state.job, true);
  }

  /** @param {string} chosen */
  async corpora(chosen) {
    const { corpora } = await ask("comfyui/corpora");
    const options = [["", t("rebuild.own")], ["starter", t("rebuild.starter")], ...corpora.map((/** @type {string} */ name) => [name, name]), ["\n", t("rebuild.upload")]];
    this.corpus.replaceChildren(...options.map(([value, words]) => el("option", { value, selected: value === chosen }, words)));
  }

  async choose() {
    if (this.corpus.value === "\n") {
      this.corpus.value = "";
      this.file.click();
    }
    this.order = { corpus: this.corpus.value, encoder: this.encoder.value };
    this.calm();
    this.go.disabled = true;
    try {
      const plan = this.plan = await ask("comfyui/plan", this.order);
      const time = duration(plan.seconds, t);
      this.planBox.replaceChildren(
        el("div", {}, t("rebuild.plan", { rows: plan.rows.toLocaleString(locale()), time })),
        plan.where === "queue" ? el("div.dbi-faint", {}, t("rebuild.queue")) : el("div.dbi-faint", {}, t("rebuild.device")),
        plan.download_bytes ? el("div", {}, t("rebuild.download", { size: size(plan.download_bytes) })) : "",
        ...plan.missing.map((/** @type {any} */ one) => el("div.dbi-error", {}, t("rebuild.missing", one), el("pre.dbi-report", {}, one.command), one.changes)));
      this.go.disabled = plan.missing.length > 0 || this.running;
    } catch (error) {
      this.planBox.replaceChildren(el("div.dbi-error", {}, `${/** @type {any} */ (error).message} ${/** @type {any} */ (error).hint ?? ""}`));
    }
  }

  async upload() {
    const file = this.file.files?.[0];
    if (!file) return;
    this.planBox.textContent = t("rebuild.uploading", { name: file.name });
    const form = new FormData();
    form.append("image", file, file.name);
    form.append("subfolder", SUBFOLDER);
    form.append("type", "input");
    form.append("overwrite", "true");
    const answer = await api.fetchApi("/upload/image", { method: "POST", body: form });
    if (!answer.ok) {
      this.planBox.replaceChildren(el("div.dbi-error", {}, `${answer.status} ${answer.statusText}`));
      return;
    }
    const { name } = await answer.json();
    await this.corpora(`${SUBFOLDER}/${name}`);
    await this.choose();
  }

  /** The first press asks, the second builds. */
  async confirm() {
    const { plan } = this;
    if (!this.asked) {
      this.asked = true;
      const question = t("rebuild.confirm", { rows: plan.rows.toLocaleString(locale()), time: duration(plan.seconds, t) });
      this.planBox.prepend(el("div.dbi-question", { role: "alert" }, question));
      this.go.classList.add("dbi-sure");
      return;
    }
    await this.build("resume");
  }

  /** @param {string} unfinished what becomes of a build that was interrupted */
  async build(unfinished) {
    this.calm();
    const order = { ...this.order, unfinished };
    if (this.plan.where === "job") return this.run("rebuild", order);
    const inputs = { device: "auto", batch_size: 0, tolerant: true, ...order };
    await api.queuePrompt(0, { output: { 1: { class_type: "DanbooruIndexRebuild", inputs } }, workflow: {} });
    // It is told of as a job once its turn has come.
    this.jobBox.textContent = t("rebuild.queued");
  }

  calm() {
    this.asked = false;
    this.go.classList.remove("dbi-sure");
    this.planBox.querySelector(".dbi-question")?.remove();
  }

  /** @param {string} kind @param {object} body */
  async run(kind, body) {
    try {
      const answer = await ask(`comfyui/${kind}`, body);
      if (kind === "back") {
        this.changed();
        return this.state();
      }
      this.job(answer);
    } catch (error) {
      this.jobBox.replaceChildren(el("div.dbi-error", {}, `${/** @type {any} */ (error).message} ${/** @type {any} */ (error).hint ?? ""}`));
    }
  }

  /** @param {any} job @param {boolean} [old] whether it is only what the state told */
  job(job, old = false) {
    // The answer that starts a short job may come after the event of its end.
    if (job.state === "running" && this.ended === job.id) return;
    this.running = job.state === "running";
    clearTimeout(this.timer);
    // Events may be lost with the connection.
    if (this.running) this.timer = setTimeout(() => void this.state(), 3000);
    if (old && !this.running && this.shown !== job.id) return;
    const news = !this.running && this.ended !== job.id;
    this.shown = job.id;
    if (!this.running) this.ended = job.id;
    showJob(this.jobBox, job);
    if (job.blocked) this.jobBox.append(el("button.dbi-button", { type: "button", onclick: () => void this.build("restart") }, t("rebuild.restart")));
    this.go.disabled = this.running || Boolean(this.plan?.missing.length);
    if (news) {
      forget();
      this.changed();
      if (!old) void this.state();
    }
  }
}
