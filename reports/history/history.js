(() => {
  const { byId, make, fragment, keepClear } = look;
  const MOST_AT_ONCE = 200;
  const LEVELS = ["error", "warning", "note"];
  const data = JSON.parse(byId("data").textContent);
  const number = (count) => count.toLocaleString("en");
  const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
  keepClear(document.querySelector(".top"));

  // ---- Filters of tables --------------------------------------------------------------------------------------------

  for (const form of document.querySelectorAll("form[data-filters]")) {
    const rows = [...byId(`t-${form.dataset.filters}`).tBodies[0].rows];
    const [field, shown] = [form.querySelector("input"), form.querySelector(".shown")];
    let texts = null;
    const filter = () => {
      texts ||= rows.map((each) => each.textContent.toLowerCase());
      const wanted = field.value.trim().toLowerCase();
      let count = 0;
      rows.forEach((each, at) => {
        const fits = texts[at].includes(wanted);
        if (each.hidden === fits) each.hidden = !fits;
        count += fits;
      });
      shown.textContent = `${number(count)} of ${number(rows.length)} shown`;
    };
    let waiting = 0;
    form.hidden = rows.length < 6;
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(filter, 120);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    shown.textContent = `${number(rows.length)} of ${number(rows.length)} shown`;
  }

  // ---- What differs between two runs --------------------------------------------------------------------------------

  const word = (at) => data.words[at];
  const unresolved = new Map(data.unresolved);

  function within(spans, at) {
    for (let each = 0; each < spans.length; each += 2) if (spans[each] <= at && at <= spans[each + 1]) return true;
    return false;
  }

  // The number of the version that a run has, -1 where it has none. versions: spans of each.
  const versionAt = (versions, at) => versions.findIndex((each) => within(each, at));

  // How bad a finding is, 0 for the worst: as it is now or, where it is gone, as it was.
  const rank = ({ before, after }) => LEVELS.indexOf(word((after || before)[LEVEL]));

  function findingsBetween(from, to) {
    const found = { come: [], gone: [], altered: [] };
    for (const [id, ...versions] of data.findings) {
      const spans = versions.map((each) => each[0]);
      const [one, other] = [versionAt(spans, from), versionAt(spans, to)];
      if (one === other) continue;
      const [before, after] = [versions[one], versions[other]];
      if (one < 0) found.come.push({ id, after });
      else if (other < 0) found.gone.push({ id, before, open: within(unresolved.get(id) || [], to) });
      else found.altered.push({ id, before, after });
    }
    for (const each of Object.values(found)) each.sort((one, other) => rank(one) - rank(other));
    return found;
  }

  function resourcesBetween(from, to) {
    if (from < 0 || to < 0) return null;
    const found = { added: [], removed: [], changed: [] };
    for (const [id, ...versions] of data.resources) {
      const [one, other] = [versionAt(versions, from), versionAt(versions, to)];
      if (one !== other) found[one < 0 ? "added" : other < 0 ? "removed" : "changed"].push(word(id));
    }
    return found;
  }

  function workloadsBetween(from, to) {
    const found = { added: [], removed: [] };
    for (const [, id, spans] of data.workloads) {
      const [one, other] = [within(spans, from), within(spans, to)];
      if (one !== other) found[one ? "removed" : "added"].push(word(id));
    }
    return found;
  }

  // ---- ... and how it is shown --------------------------------------------------------------------------------------

  const [LEVEL, CHECK, TITLE, MESSAGE, WORKLOAD, RESOURCE, WAIVER, WHOLE] = [1, 2, 3, 4, 5, 6, 7, 8];
  const TEXTS = [["Level", LEVEL], ["Check", CHECK], ["Title", TITLE], ["Message", MESSAGE], ["Workload", WORKLOAD], ["To be changed", RESOURCE], ["Waiver", WAIVER]];
  const LISTS = ["Evidence", "Requirements", "Sources"];

  const mark = (tag, said) => make(tag, {}, make("span", { class: "sr" }, tag === "del" ? "before: " : "now: "), said);
  const marked = (tag, text) => mark(tag, text < 0 ? "none" : word(text) || "none");

  // What one finding says otherwise, as the rows of a list: what it was, and what it is.
  function otherwise(before, after) {
    const rows = [];
    const put = (name, ...said) => rows.push(make("dt", {}, name), make("dd", {}, ...said));
    for (const [name, at] of TEXTS) {
      if (before[at] !== after[at]) put(name, marked("del", before[at]), marked("ins", after[at]));
    }
    const [fix, ...lists] = before[WHOLE];
    const [fixNow, ...listsNow] = after[WHOLE];
    if (fix !== fixNow) put("How to fix it", marked("del", fix), marked("ins", fixNow));
    LISTS.forEach((name, at) => {
      const [old, now] = [new Set(lists[at]), new Set(listsNow[at])];
      const said = [
        ...lists[at].filter((each) => !now.has(each)).map((each) => marked("del", each)),
        ...listsNow[at].filter((each) => !old.has(each)).map((each) => marked("ins", each)),
      ];
      const same = lists[at].length === listsNow[at].length && lists[at].every((each, place) => each === listsNow[at][place]);
      if (said.length) put(name, ...said);
      else if (!same) put(name, "the same, in another order or number");
    });
    return make("dl", {}, ...rows);
  }

  function findingItem({ id, before, after, open }) {
    const told = after || before;
    const level = word(told[LEVEL]);
    const marks = [told[WAIVER] >= 0 && "waived", open && "not resolved"].filter(Boolean);
    const standing = marks.flatMap((each) => [make("span", { class: "standing" }, each), " "]);
    const item = make(
      "li",
      { "data-id": word(id) },
      make("span", { class: `level l-${level}` }, level),
      make("span", {}, make("b", {}, word(told[TITLE])), " ", ...standing, make("span", { class: "cause" }, word(told[MESSAGE])), make("code", {}, word(told[CHECK])), " ", make("code", {}, word(id))),
      make("span", { class: "where" }, word(told[WORKLOAD])),
    );
    if (before && after) item.append(otherwise(before, after));
    return item;
  }

  const idItem = (id) => make("li", { "data-id": id }, make("code", {}, id));

  // A list that grows by a button, where it is long.
  function listed(kind, title, rows, item) {
    if (!rows.length) return [];
    const list = make("ul", { class: item === idItem ? "told ids" : "told", "data-kind": kind });
    const more = make("button", { type: "button", class: "quiet more" });
    const grow = () => {
      list.append(...rows.slice(list.children.length, list.children.length + MOST_AT_ONCE).map(item));
      const left = rows.length - list.children.length;
      more.hidden = !left;
      more.textContent = `Show ${number(Math.min(left, MOST_AT_ONCE))} more of ${number(left)}`;
    };
    more.addEventListener("click", grow);
    grow();
    return [make("h3", {}, `${title} (${number(rows.length)})`), list, more];
  }

  const runSaid = (run) => `run ${run[0]} of ${word(run[1])}`;

  function cautions(from, to) {
    const said = [];
    const incomplete = [from, to].filter((each) => !each[2]);
    if (incomplete.length) {
      const which = incomplete.map((each) => `run ${each[0]}`).join(" and ");
      said.push(`Incomplete: ${which} could not read or decide everything. What is gone may only not have been seen, and what has come may have been there before.`);
    }
    if (from[4] !== to[4]) said.push(`Other editions of the documents: ${word(from[4]) || "none"} before, ${word(to[4]) || "none"} after. What differs may come from them.`);
    return said.map((each) => make("p", { class: "caution" }, each));
  }

  function differenceOf(from, to) {
    const [one, other] = [data.runs[from], data.runs[to]];
    const findings = findingsBetween(from, to);
    const workloads = workloadsBetween(from, to);
    const resources = resourcesBetween(one[3], other[3]);
    const parts = [
      ...listed("come", "Findings that have come", findings.come, findingItem),
      ...listed("gone", "Findings that are gone", findings.gone, findingItem),
      ...listed("altered", "Findings told otherwise", findings.altered, findingItem),
      ...listed("workloads-added", "Workloads added", workloads.added, idItem),
      ...listed("workloads-removed", "Workloads removed", workloads.removed, idItem),
      ...(resources ? listed("resources-added", "Resources added", resources.added, idItem) : []),
      ...(resources ? listed("resources-removed", "Resources removed", resources.removed, idItem) : []),
      ...(resources ? listed("resources-changed", "Resources changed", resources.changed, idItem) : []),
    ];
    const { come, gone, altered } = findings;
    const between = from === to ? `Run ${one[0]} twice` : `From ${runSaid(one)} to ${runSaid(other)}`;
    const open = gone.filter((each) => each.open).length;
    const sums = [`${counted(come.length, "finding")} come, ${number(gone.length)} gone${open ? ` (${number(open)} not resolved)` : ""}, ${number(altered.length)} told otherwise`];
    if (workloads.added.length || workloads.removed.length) sums.push(`${counted(workloads.added.length, "workload")} added, ${number(workloads.removed.length)} removed`);
    if (resources) sums.push(`${counted(resources.added.length, "resource")} added, ${number(resources.removed.length)} removed, ${number(resources.changed.length)} changed`);
    const said = parts.length ? `${sums.join("; ")}.` : resources ? "nothing differs." : "no finding and no workload differs.";
    const unkept = resources ? [] : [make("p", { class: "muted unkept" }, "Resources cannot be compared: the snapshot of one of the two is not kept.")];
    return [`${between}: ${said}`, ...cautions(one, other), ...unkept, ...parts];
  }

  // ---- The choice of two runs, also by the address -------------------------------------------------------------------

  const form = byId("choice");
  if (form) {
    const [from, to, said, pane, link] = ["c-from", "c-to", "said", "difference", "c-link"].map(byId);
    const places = new Map(data.runs.map((each, at) => [String(each[0]), at]));
    for (const select of [from, to]) {
      const options = data.runs.map(([id, at, complete]) => make("option", { value: id }, `Run ${id}: ${word(at)}${complete ? "" : ", incomplete"}`));
      select.append(...options.reverse());
    }
    const show = () => {
      const ends = [from, to].map((each) => places.get(each.value)).sort((one, other) => one - other);
      const ids = ends.map((each) => data.runs[each][0]);
      [from.value, to.value] = ids.map(String);
      link.setAttribute("href", `#compare=${ids[0]}..${ids[1]}`);
      const [sentence, ...parts] = differenceOf(...ends);
      said.textContent = sentence;
      pane.replaceChildren(...parts);
    };
    const follow = () => {
      const asked = /^compare=(\d+)\.\.(\d+)$/.exec(fragment());
      if (!asked) return;
      const missing = asked.slice(1).filter((each) => !places.has(each));
      if (missing.length) {
        said.textContent = `Run ${missing[0]} is not on this page: it was pruned, belongs to another job, or is newer than the page.`;
        pane.replaceChildren();
      } else {
        [from.value, to.value] = asked.slice(1);
        show();
      }
      byId("compare").scrollIntoView();
    };
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      show();
      history.replaceState(null, "", link.getAttribute("href"));
    });
    [from.value, to.value] = data.runs.slice(-2).map((each) => String(each[0]));
    show();
    window.addEventListener("hashchange", follow);
    follow();
  }
  document.documentElement.classList.add("ready");
})();
