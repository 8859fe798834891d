/* A plan at the server, one at a time: asked, waited for, given up, and how far it is in words. */
import { remove, waitFor } from "./api.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { problemWords } from "./problems.js";
import { on } from "./state.js";

/** Answers {place: the element that says how far it is, busy(), start(ask) → the result or null, drop()}; onChange() is called
    whenever one begins or ends. */
export function createRun(onChange) {
  const place = h("div", { id: "plan-state", role: "status" });
  let current = null;
  on("language", () => current?.say());

  /** Tell the server; a job that has no name yet is given up as soon as it has one. */
  const giveUp = async (run) => {
    run.givenUp = true;
    if (run.job === null) return;
    try {
      await remove(`jobs/${encodeURIComponent(run.job)}`);
    } catch (error) {
      place.querySelector(".alarm")?.remove();
      place.append(h("p", { class: "note alarm" }, t("cancel_failed", { why: problemWords(error) ?? error.message })));
    }
  };

  const start = async (ask) => {
    if (current) return null;
    const run = runOf(place, () => giveUp(run));
    current = run;
    onChange();
    let result = null;
    let said = [];
    try {
      run.job = (await ask()).id;
      if (run.givenUp) await giveUp(run);
      result = await waitFor(run.job, run.progress, run.dropped.signal);
      if (!result) said = [h("p", { class: "note" }, t("cancelled"))];
    } catch (error) {
      said = [refusal(error)];
    }
    if (current !== run) return null; // dropped: nobody waits for it
    current = null;
    place.replaceChildren(...said);
    onChange();
    return result;
  };

  /** Forget it, and what was said of it. */
  const drop = () => {
    place.replaceChildren();
    const run = current;
    if (!run) return;
    current = null;
    run.dropped.abort();
    giveUp(run);
    onChange();
  };
  return { place, busy: () => current !== null, start, drop };
}

/** What is kept of one that is computed, shown in a place. */
function runOf(place, cancel) {
  const words = h("p", { class: "quiet" });
  const bar = h("progress", {});
  const button = h("button", { type: "button", onclick: cancel });
  let ahead = 0;
  const say = () => {
    words.textContent = ahead ? t("ahead", { count: ahead }) : t("computing");
    bar.setAttribute("aria-label", t("computing"));
    button.textContent = t("cancel");
  };
  const progress = (now) => {
    ahead = now.ahead;
    if (now.progress?.of) { bar.max = now.progress.of; bar.value = now.progress.done; }
    say();
  };
  say();
  place.replaceChildren(words, bar, h("div", { class: "row" }, button));
  return { job: null, givenUp: false, dropped: new AbortController(), say, progress };
}

function refusal(error) {
  const words = problemWords(error);
  return h("div", { class: "note alarm", role: "alert" },
    words ? [h("p", {}, t("plan_not_computed")), h("p", {}, words)] : [h("p", {}, t("plan_failed")), h("p", { lang: "en" }, error.message)]);
}
