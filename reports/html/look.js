"use strict";
// What all our pages share: finding and making elements, the fragment of the address, bars that stay in place, the theme.
const look = (() => {
  const byId = (id) => document.getElementById(id);

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }

  function fragment() {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return ""; // a "%" that encodes nothing leads nowhere
    }
  }

  // How much of the window the bars that stay in place cover, so that nothing is scrolled to, or focused, beneath them.
  function keepClear(...candidates) {
    const bars = candidates.filter(Boolean);
    function measure() {
      const stuck = bars.filter((each) => getComputedStyle(each).position === "sticky");
      const height = stuck.reduce((sum, each) => sum + each.offsetHeight, 0);
      document.documentElement.style.setProperty("--stuck", `${height}px`);
    }
    const observer = new ResizeObserver(measure);
    for (const each of bars) observer.observe(each);
    measure();
  }

  const themes = ["system", "dark", "light"];
  const button = byId("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(document.documentElement.dataset.theme || "system") + 1) % themes.length];
    document.documentElement.dataset.theme = next;
    button.textContent = `Theme: ${next}`;
  });

  return { byId, make, fragment, keepClear };
})();
