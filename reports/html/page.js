(() => {
  const { byId, make, fragment, keepClear } = look;
  const SVG = "http://www.w3.org/2000/svg";
  const BUS = 612;
  const MOST_UNFOLDED = 50;
  const OUTCOMES = ["fail", "unknown", "deviates", "pass"];
  const SIGNS = { allow: "\u2713", block: "\u2717", partial: "\u2717", unknown: "?" };
  const data = JSON.parse(document.getElementById("data").textContent);

  function draw(tag, attributes, text) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // ---- A flow on a drawing ------------------------------------------------------------------------------------------

  function boxesOf(svg) {
    const boxes = new Map();
    for (const group of svg.querySelectorAll("g.box")) {
      const rect = group.querySelector("rect");
      const [x, y, w, h] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
      boxes.set(group.dataset.at, { group, x, y, w, h, left: x < BUS });
    }
    return boxes;
  }

  const middle = (box) => box.y + box.h / 2;

  const LANE = 88;
  const centre = (box) => box.x + box.w / 2;

  // Where a line meets a box that may be taller than a lane, coming from another on the same side.
  const meet = (box, other) => (box.h < 100 ? middle(box) : Math.min(Math.max(middle(other), box.y + 12), box.y + box.h - 12));

  // The height at which a line from the left reaches a box without crossing another; null where each has one before it.
  function openRow(box, boxes) {
    const before = [...boxes.values()].filter((each) => !each.left && each !== box && each.x < box.x);
    const crosses = (y) => before.some((each) => y > each.y - 4 && y < each.y + each.h + 4);
    for (let y = box.y + 29; y < box.y + box.h; y += LANE) if (!crosses(y)) return y;
    return null;
  }

  // From the routes or the subnet to a box on the right, or the other way round; over the lanes where none is free.
  function across(left, right, back, inward, boxes) {
    const shift = back ? 10 : 0;
    const bus = BUS + (inward ? 0 : 8) + shift;
    const row = openRow(right, boxes);
    if (!inward) {
      const end = row === null ? `V${right.y - 15 + shift}H${centre(right) + shift}V${right.y}` : `V${row + shift}H${right.x}`;
      return `M${left.x + left.w} ${middle(left) + shift}H${bus}${end}`;
    }
    const start = row === null ? `M${centre(right) + shift} ${right.y}V${right.y - 15 + shift}` : `M${right.x} ${row + shift}`;
    if (left.group.dataset.at === "admin") return `${start}H${bus}V${middle(left)}H${left.x + left.w}`;
    const rail = back ? middle(left) + 46 : middle(left) - 46;
    return `${start}H${bus}V${rail}H${centre(left) + shift}V${back ? left.y + left.h : left.y}`;
  }

  function inside(from, to, back) {
    if (from.x === to.x) return from.y < to.y ? `M${centre(from)} ${from.y + from.h}V${to.y}` : `M${centre(from)} ${from.y}V${to.y + to.h}`;
    const rightward = from.x < to.x;
    if (middle(to) < middle(from)) return `M${centre(from)} ${from.y}V${middle(to)}H${rightward ? to.x : to.x + to.w}`;
    if (middle(to) > middle(from)) return `M${rightward ? from.x + from.w : from.x} ${middle(from)}H${centre(to)}V${to.y}`;
    if (rightward && !back) return `M${from.x + from.w} ${middle(from)}H${to.x}`;
    const rail = back ? middle(to) + 46 : middle(to) - 46;
    const edge = (box) => (back ? box.y + box.h : box.y);
    return `M${centre(from)} ${edge(from)}V${rail}H${centre(to)}V${edge(to)}`;
  }

  function connect(from, to, back, boxes) {
    if (from.left && to.left) return inside(from, to, back);
    if (from.left) return across(from, to, back, false, boxes);
    if (to.left) return across(to, from, back, true, boxes);
    const shift = back ? 10 : 0;
    const [y1, y2] = [meet(from, to) + shift, meet(to, from) + shift];
    if (from.x === to.x) {
      const side = from.x > 900 ? from.x : from.x + from.w;
      return `M${side} ${y1}H${side + (from.x > 900 ? -20 : 20)}V${y2}H${side}`;
    }
    const rightward = from.x < to.x;
    const [x1, x2] = rightward ? [from.x + from.w, to.x] : [from.x, to.x + to.w];
    return Math.abs(y1 - y2) < 1 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}H${(x1 + x2) / 2}V${y2}H${x2}`;
  }

  function clear(svg) {
    svg.classList.remove("showing");
    svg.querySelector(".trail").replaceChildren();
    svg.querySelector(".marks").replaceChildren();
    for (const box of svg.querySelectorAll("g.box")) box.classList.remove("on", "hit-block", "hit-unknown");
  }

  function showTrail(svg, trail) {
    clear(svg);
    const [start, there, end, back] = trail;
    const boxes = boxesOf(svg);
    const lines = svg.querySelector(".trail");
    const marks = svg.querySelector(".marks");
    const taken = new Map();
    let number = 0;
    let last = null;

    function go(at, verdict, kind) {
      const box = boxes.get(at);
      if (!box) return;
      const routes = boxes.get("routes");
      if (last && last.left && !box.left && last !== routes) go("routes", "allow", kind);
      if (last && last !== box) lines.append(draw("path", { d: connect(last, box, kind === "back", boxes), class: `${kind} v-${verdict}` }));
      box.group.classList.add("on");
      last = box;
    }
    function mark(at, verdict) {
      number += 1;
      const box = boxes.get(at);
      if (!box) return;
      const place = taken.get(at) || 0;
      taken.set(at, place + 1);
      const [x, y] = [box.x + 6 + 23 * place, box.y - 3];
      const group = draw("g", { class: `mark v-${verdict}` });
      group.append(draw("circle", { cx: x, cy: y, r: 10.5 }), draw("text", { x, y: y + 4 }, String(number)));
      marks.append(group);
      if (verdict === "block" || verdict === "partial") box.group.classList.add("hit-block");
      if (verdict === "unknown") box.group.classList.add("hit-unknown");
    }
    svg.classList.add("showing");
    go(start, "allow", "forward");
    for (const [hop, at] of there) {
      const verdict = data.hops[hop][3];
      go(at, verdict, "forward");
      mark(at, verdict);
    }
    const final = there.length ? data.hops[there[there.length - 1][0]][3] : "allow";
    if (final === "allow") go(end, "allow", "forward");
    for (const [hop, at] of back) {
      const verdict = data.hops[hop][3];
      go(at, verdict, "back");
      mark(at, verdict);
    }
    if (back.length && data.hops[back[back.length - 1][0]][3] === "allow") go(start, "allow", "back");
    bringIntoView(svg, svg.querySelector("g.hit-block, g.hit-unknown") || (last && last.group));
  }

  // A drawing wider than the window scrolls by itself: to where the flow stops, or to where it gets.
  function bringIntoView(svg, group) {
    const scroller = svg.closest(".scroll");
    if (!scroller || !group) return;
    const [box, window] = [group.getBoundingClientRect(), scroller.getBoundingClientRect()];
    scroller.scrollLeft += box.left + box.width / 2 - window.left - window.width / 2;
  }

  // ---- The flows of a finding or a workload, in words ----------------------------------------------------------------

  function flowOf(number) {
    const [requirement, outcome, source, destination, port, reason, trail] = data.flows[number];
    return { requirement, outcome, source, destination, port, reason, trail };
  }

  const flowsOf = (list) => data.lists[list] || [];

  const tail = (requirement) => requirement.slice(requirement.indexOf("/") + 1) || requirement;

  function hopItem([hop, at], number, svg) {
    const [kind, name, rule, verdict, why, spec] = data.hops[hop];
    const place = [kind.replaceAll("-", " "), name].filter(Boolean).join(" ");
    const item = make(
      "li",
      { class: `hop v-${verdict}` },
      make("span", { class: "count", "aria-hidden": true }, String(number)),
      make("span", { class: "sign" }, `${SIGNS[verdict] || "?"} ${verdict}`),
      make("b", {}, place),
      rule ? make("code", {}, rule) : "",
      make("span", { class: "why" }, spec ? `${why} [${spec}]` : why),
    );
    const box = svg && at && svg.querySelector(`g.box[data-at="${CSS.escape(at)}"]`);
    if (box) {
      item.addEventListener("pointerenter", () => box.classList.add("peek"));
      item.addEventListener("pointerleave", () => box.classList.remove("peek"));
    }
    return item;
  }

  function tell(pane, flow, svg) {
    const { requirement, outcome, source, destination, port, reason, trail } = flow;
    pane.replaceChildren();
    const said = [make("h3", {}, tail(data.words[requirement])), make("p", {}, make("span", { class: `dot o-${outcome}` }), ` ${outcome}: `, data.words[reason])];
    if (trail < 0) {
      pane.append(...said, make("p", { class: "muted" }, "This is about configuration alone, or no hops were kept: there is no flow to follow."));
      return;
    }
    const [, there, , back, caveats, verdict, path] = data.trails[trail];
    said.push(make("p", { class: "muted" }, `${data.words[source]} to ${data.words[destination]} on ${data.words[port]}: ${verdict}, path ${path}`));
    said.push(make("ol", { class: "hops", "aria-label": "Hops" }, ...there.map((each, at) => hopItem(each, at + 1, svg))));
    if (back.length) {
      said.push(make("h4", {}, "And the reply"));
      said.push(make("ol", { class: "hops reply", start: String(there.length + 1) }, ...back.map((each, at) => hopItem(each, there.length + at + 1, svg))));
    }
    if (caveats.length) {
      said.push(make("h4", {}, "But note"), make("ul", {}, ...caveats.map((each) => make("li", {}, data.words[each]))));
    }
    pane.append(...said);
  }

  function listOfFlows(numbers, choose) {
    const list = make("ul", { class: "flows" });
    for (const number of numbers) {
      const flow = flowOf(number);
      const button = make(
        "button",
        { type: "button", "aria-pressed": "false" },
        make("span", { class: `dot o-${flow.outcome}` }),
        make("span", { class: "sr" }, `${flow.outcome}: `),
        make("span", {}, tail(data.words[flow.requirement])),
      );
      button.addEventListener("click", () => choose(number, button));
      list.append(make("li", {}, button));
    }
    return list;
  }

  function explorer(numbers, svg) {
    const pane = make("div", { class: "told", "aria-live": "polite" }, make("p", { class: "muted" }, "Choose a requirement to follow its flow, hop by hop."));
    const choose = (number, button) => {
      for (const each of list.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === button));
      const flow = flowOf(number);
      tell(pane, flow, svg);
      if (svg && flow.trail >= 0) showTrail(svg, data.trails[flow.trail]);
      else if (svg) clear(svg);
    };
    const list = listOfFlows(numbers, choose);
    const side = make("div", { class: "chooser" }, list);
    if (numbers.length > 12) {
      const search = make("input", { type: "search", "aria-label": "Filter these requirements", placeholder: `filter ${numbers.length} requirements` });
      search.addEventListener("input", () => {
        const wanted = search.value.trim().toLowerCase();
        for (const item of list.children) item.hidden = !item.textContent.toLowerCase().includes(wanted);
      });
      side.prepend(search);
    }
    const whole = make("div", { class: "explore" }, side, pane);
    const worst = numbers.findIndex((each) => flowOf(each).trail >= 0);
    return { whole, first: worst < 0 ? null : () => list.children[worst].firstChild.click() };
  }

  function openFinding(details) {
    if (details.dataset.ready) return;
    details.dataset.ready = "yes";
    const [workload, list, changed] = data.cards[Number(details.dataset.n)];
    const body = details.querySelector(".body");
    const drawn = workload >= 0 && document.querySelector(`#network-${workload} svg.network`);
    const svg = drawn ? drawn.cloneNode(true) : null;
    if (svg) {
      clear(svg);
      const label = `Drawing for finding ${Number(details.dataset.n) + 1}: ${details.querySelector("summary b").textContent}`;
      body.append(make("div", { class: "scroll screen", tabindex: "0", role: "region", "aria-label": label }, svg));
      const box = changed && svg.querySelector(`g.box[data-at="${CSS.escape(changed)}"]`);
      if (box) box.classList.add("change");
    }
    if (list >= 0) {
      const { whole, first } = explorer(flowsOf(list), svg);
      whole.classList.add("screen");
      body.append(whole);
      if (first) first();
    }
  }

  function openPlace(details) {
    if (details.dataset.ready) return;
    details.dataset.ready = "yes";
    const numbers = flowsOf(data.workloads[Number(details.dataset.workload)]);
    if (!numbers.length) return;
    const { whole } = explorer(numbers, details.querySelector("svg.network"));
    const counts = OUTCOMES.map((each) => [numbers.filter((at) => flowOf(at).outcome === each).length, each]).filter(([count]) => count);
    const title = make("h3", {}, counts.map(([count, each]) => `${count} ${each}`).join(", "));
    details.querySelector(".explorer").append(title, whole);
  }

  // What is unfolded for paper alone: nothing is built for it that paper does not show.
  const onPaper = new Set();

  function opened(details) {
    if (!details.open) onPaper.delete(details);
    if (!details.open || onPaper.has(details)) return;
    if (details.classList.contains("finding")) openFinding(details);
    if (details.classList.contains("place")) openPlace(details);
  }
  document.addEventListener("toggle", (event) => opened(event.target), true);
  for (const each of document.querySelectorAll("details.place[open], details.finding[open]")) opened(each);

  // ---- Filters ------------------------------------------------------------------------------------------------------

  const form = byId("filters");
  const cards = [...document.querySelectorAll("details.finding")];
  const shared = cards.map((each) => each.querySelector(".same")?.dataset.list);
  const texts = [];

  const textOf = (each) => `${each.id} ${each.querySelector("summary").textContent} ${each.querySelector(".body").textContent}`.toLowerCase();

  // A list of requirements that many findings share is written once, and searched once.
  function listsWith(text) {
    const found = new Set();
    for (const each of document.querySelectorAll("details.requirements[id]")) {
      if (each.textContent.toLowerCase().includes(text)) found.add(each.id);
    }
    return found;
  }

  // Read what can be searched for while nothing else is to be done, so that the first search is as quick as the others.
  function readAhead(idle) {
    while (texts.length < cards.length && (!idle || idle.timeRemaining() > 2)) texts.push(textOf(cards[texts.length]));
    if (texts.length < cards.length) requestIdleCallback(readAhead);
  }

  const unfolds = (visible) => !visible.length || visible.slice(0, MOST_UNFOLDED).some((each) => !each.open);

  // The button says what it will do, whoever folded the findings, or filtered them.
  function nameUnfold() {
    byId("unfold").textContent = unfolds(cards.filter((each) => !each.hidden)) ? "Unfold" : "Fold";
  }

  const chosen = (id) => (byId(id) ? byId(id).value : "");
  const levels = () => new Set([...form.querySelectorAll("input[name=level]:checked")].map((each) => each.value));

  function filter() {
    const text = chosen("f-text").trim().toLowerCase();
    if (text) readAhead(null);
    const lists = text ? listsWith(text) : null;
    const [workload, check, standing, wanted] = [chosen("f-workload"), chosen("f-check"), chosen("f-standing"), levels()];
    let count = 0;
    cards.forEach((each, at) => {
      const set = each.dataset;
      const fits = wanted.has(set.level) && (!workload || set.workload === workload) && (!check || set.check === check)
        && (!standing || set.standing === standing) && (!text || texts[at].includes(text) || lists.has(shared[at]));
      if (each.hidden === fits) each.hidden = !fits;
      count += fits;
    });
    byId("shown").textContent = `${count.toLocaleString("en")} of ${cards.length.toLocaleString("en")} findings shown`;
    nameUnfold();
  }

  if (form) {
    let waiting = 0;
    form.hidden = false;
    form.addEventListener("input", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(filter, event.target.id === "f-text" ? 120 : 0);
    });
    form.addEventListener("reset", () => setTimeout(filter, 0));
    form.addEventListener("submit", (event) => event.preventDefault());
    byId("unfold").addEventListener("click", () => {
      const visible = cards.filter((each) => !each.hidden);
      const open = unfolds(visible);
      for (const each of open ? visible.slice(0, MOST_UNFOLDED) : visible) each.open = open;
      if (open && visible.length > MOST_UNFOLDED) byId("shown").textContent += `; the first ${MOST_UNFOLDED} are unfolded`;
    });
    for (const link of document.querySelectorAll("a[data-show-check], a[data-show-workload]")) {
      link.addEventListener("click", () => {
        form.reset();
        byId("f-check").value = link.dataset.showCheck || "";
        byId("f-workload").value = link.dataset.showWorkload || "";
        const level = link.dataset.showLevel;
        for (const box of form.querySelectorAll("input[name=level]")) box.checked = !level || box.value === level;
        clearTimeout(waiting);
        setTimeout(filter, 0);
      });
    }
    let naming = 0;
    byId("cards").addEventListener("toggle", () => {
      cancelAnimationFrame(naming);
      naming = requestAnimationFrame(nameUnfold);
    }, true);
    filter();
    if (window.requestIdleCallback) requestIdleCallback(readAhead);
  }

  // ---- Links into the report, theme, paper --------------------------------------------------------------------------

  keepClear(document.querySelector(".top"), form);

  function follow() {
    const target = byId(fragment())?.closest("details.finding, details.place");
    if (!target) return;
    if (target.hidden && form) { form.reset(); setTimeout(filter, 0); target.hidden = false; }
    target.open = true;
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", follow);
  follow();

  // Style unfolds everything on paper; where a browser has no such style, the elements themselves are unfolded.
  if (!CSS.supports("selector(::details-content)")) {
    window.addEventListener("beforeprint", () => {
      for (const each of document.querySelectorAll("details:not([open]):not([hidden])")) {
        onPaper.add(each);
        each.open = true;
      }
    });
    window.addEventListener("afterprint", () => {
      for (const each of onPaper) each.open = false;
    });
  }
  document.documentElement.classList.add("ready");
})();
