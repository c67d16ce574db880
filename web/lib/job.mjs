// A job's progress as a bar with words and a button that cancels it.
import { duration, el, size } from "./dom.mjs";
import { ask, errorWords } from "./service.mjs";
import { locale, t } from "./words.mjs";

/** Show a job in an element. While it runs the same elements stay: a press on Cancel must not miss. @param {HTMLElement} box @param {any} job */
export function showJob(box, job) {
  const old = /** @type {HTMLElement | null} */ (box.firstElementChild);
  if (job.state !== "running" || !old || old.dataset.job !== job.id) {
    box.replaceChildren(job.state === "running" ? runningView(job) : endView(job));
  } else {
    const bar = /** @type {HTMLElement} */ (old.querySelector(".dbi-bar"));
    bar.setAttribute("aria-valuenow", String(percent(job)));
    /** @type {HTMLElement} */ (bar.firstElementChild).style.width = `${percent(job)}%`;
    /** @type {HTMLElement} */ (old.querySelector(".dbi-job-words")).textContent = progressWords(job);
  }
}

/** @param {any} job */
function title(job) {
  return el("div.dbi-job-title", {}, job.kind === "prepare" ? t("prepare.title") : t(`job.${job.kind}`));
}

/** @param {any} job */
function runningView(job) {
  return el("div.dbi-job", { role: "status", "data-job": job.id }, title(job),
    el("div.dbi-bar", { role: "progressbar", "aria-label": t(`job.${job.kind}`), "aria-valuenow": percent(job), "aria-valuemin": 0, "aria-valuemax": 100 },
      el("div.dbi-bar-in", { style: `width:${percent(job)}%` })),
    el("div.dbi-job-words", {}, progressWords(job)),
    el("button.dbi-button", { type: "button", onclick: () => void ask("comfyui/cancel", {}) }, t("job.cancel")));
}

/** @param {any} job */
function endView(job) {
  return el("div.dbi-job", { role: "status" }, job.state !== "done" && title(job),
    el("div.dbi-job-words", {}, t(`job.${job.state}`)),
    job.state === "done" && job.report && el("pre.dbi-report", {}, report(job)),
    errorWords(job.code) && el("div.dbi-error", {}, errorWords(job.code)),
    job.error && el(errorWords(job.code) ? "div.dbi-faint" : "div.dbi-error", {}, `${job.error} ${job.hint}`));
}

/** @param {any} job */
function percent(job) {
  return job.total ? Math.min(100, Math.round(1000 * job.done / job.total) / 10) : 0;
}

/** @param {any} job */
function progressWords(job) {
  const amount = (/** @type {number} */ count) => (job.unit === "B" ? size(count) : count.toLocaleString(locale()));
  const words = job.total ? t("job.step", { stage: stage(job), done: amount(job.done), total: amount(job.total) }) : stage(job) || "…";
  return words + (job.remaining ? ` · ${t("job.left", { time: duration(job.remaining, t) })}` : "");
}

/** The step that runs, in the user's words. @param {any} job */
function stage(job) {
  const name = `stage.${job.stage.split(":")[0].replace(/\W+/g, "_")}`;
  return t(name) === name ? job.stage : t(name);
}

/** What a job ended with; what has no words in the user's language is the log of a build. @param {any} job */
function report(job) {
  if (!job.said) return job.report;
  const values = Object.entries(job.said.values).map(([name, value]) => [name, typeof value === "number" ? value.toLocaleString(locale()) : value]);
  return t(`said.${job.said.key}`, Object.fromEntries(values));
}
