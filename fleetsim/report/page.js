(() => {
  "use strict";
  const specs = JSON.parse(document.getElementById("charts").textContent);
  const options = {
    mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false,
    tooltip: { disableDefaultStyle: true, theme: "page" },
  };
  window.views = {};

  const draw = async (spec, i) => {
    const host = document.getElementById("chart-" + i);
    try {
      const result = await window.vegaEmbed(host, spec, options);
      window.views[host.id] = result.view;
      host.dataset.drawn = "yes";
    } catch (error) {
      host.dataset.drawn = "no";
      host.textContent = "This chart could not be drawn; the table below says the same.";
    }
  };
  Promise.all(specs.map(draw)).then(() => { document.documentElement.dataset.ready = "yes"; });
})();
