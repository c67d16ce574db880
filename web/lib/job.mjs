// A job's progress as a bar with words and a button that cancels it.
import { duration, el } from "./dom.mjs";
import { ask } from "./service.mjs";
import { locale, t } from "./words.mjs";

/** @param {any} job */
export function jobView(job) {
  const share = job.total ? Math.min(1, job.done / job.total) : 0;
  const words = job.total
    ? t("job.step", { stage: job.stage, done: job.done.toLocaleString(locale()), total: job.total.toLocaleString(locale()) })
    : job.stage || "…";
  const left = job.remaining ? ` · ${t("job.left", { time: duration(job.remaining, t) })}` : "";
  const running = job.state === "running";
  return el("div.dbi-job", { role: "status" },
    el("div.dbi-job-title", {}, job.kind === "prepare" ? t("prepare.title") : t(`job.${job.kind}`)),
    running && el("div.dbi-bar", { role: "progressbar", "aria-label": t(`job.${job.kind}`), "aria-valuenow": Math.round(share * 100), "aria-valuemin": 0, "aria-valuemax": 100 },
      el("div.dbi-bar-in", { style: `width:${(share * 100).toFixed(1)}%` })),
    el("div.dbi-job-words", {}, running ? words + left : t(`job.${job.state}`)),
    job.state === "done" && job.report && el("pre.dbi-report", {}, job.report),
    job.error && el("div.dbi-error", {}, `${job.error} ${job.hint}`),
    running && el("button.dbi-button", { type: "button", onclick: () => void ask("comfyui/cancel", {}) }, t("job.cancel")),
  );
}
