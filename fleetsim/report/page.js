(() => {
  "use strict";
  const specs = JSON.parse(document.getElementById("charts").textContent);
  const options = {
    mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false,
    tooltip: { disableDefaultStyle: true, theme: "page" },
  };
  const buttons = [...document.querySelectorAll("button.pick")];
  const status = document.getElementById("picked");
  const charts = [];
  let picked = [];
  window.views = {};

  const nameOf = (button) => button.textContent.trim();

  // A chart that holds none of the picked names is left as it is: it is about something else.
  const pick = (names) => {
    picked = names;
    for (const { view, arms } of charts) {
      view.signal("picked", names.filter((name) => arms.has(name))).runAsync();
    }
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(names.includes(nameOf(button))));
    }
    status.hidden = names.length === 0;
    status.textContent = names.length ? `Picked: ${names.join(", ")}. Escape lets go.` : "";
  };

  const toggle = (name) => pick(picked.includes(name) ? picked.filter((other) => other !== name) : [...picked, name]);

  // What a rectangle drawn over points encloses; null if there is none.
  const enclosed = (rows, brush) => {
    const fields = Object.keys(brush);
    if (fields.length === 0) return null;
    const inside = (row) => fields.every((f) => row[f] >= Math.min(...brush[f]) && row[f] <= Math.max(...brush[f]));
    return [...new Set(rows.filter(inside).map((row) => row.arm))];
  };

  const listen = (view, spec) => {
    const rows = Object.values(spec.datasets);
    view.addEventListener("click", (event, item) => {
      const name = item && item.datum && item.datum.arm;
      if (name) toggle(name);
    });
    const brushed = (spec.params || []).find((param) => param.name === "brush");
    if (!brushed) return;
    let was = false;
    view.addSignalListener("brush", (_, brush) => {
      const panel = view.data("brush_store").map((entry) => Number(entry.unit.match(/\d+/)))[0] || 0;
      const names = enclosed(rows[panel], brush);
      if (names || was) pick(names || []);
      was = names !== null;
    });
  };

  const draw = async (spec, i) => {
    const host = document.getElementById("chart-" + i);
    try {
      const { view } = await window.vegaEmbed(host, spec, options);
      const arms = new Set(Object.values(spec.datasets).flat().map((row) => row.arm));
      window.views[host.id] = view;
      charts.push({ view, arms });
      listen(view, spec);
      host.dataset.drawn = "yes";
    } catch (error) {
      console.error(error);
      host.dataset.drawn = "no";
      host.textContent = "This chart could not be drawn; the table below says the same.";
    }
  };

  for (const button of buttons) button.addEventListener("click", () => toggle(nameOf(button)));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && picked.length) pick([]); });
  Promise.all(specs.map(draw)).then(() => { document.documentElement.dataset.ready = "yes"; });
})();
