// What every page runs: htmx, menus, command palette, counts, forms. Charts and graphs load where they are used.
import htmx from "htmx.org";
import { keepMenus } from "./menus.js";
import { keepPalette } from "./palette.js";
import { keepForms } from "./forms.js";
import { keepTables } from "./tables.js";
import { keepFolds } from "./folds.js";
import { keepCounts } from "./counts.js";

window.htmx = htmx;

function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
  // What a page asks by itself, by the clock, does not keep a session alive.
  if (/\bevery\b/.test(event.detail.elt.getAttribute("hx-trigger") ?? "")) event.detail.headers["X-Background"] = "1";
});

async function draw(root) {
  const charts = root.querySelectorAll("[data-chart]:not([data-drawn])");
  const graphs = root.querySelectorAll("[data-graph]:not([data-drawn])");
  if (charts.length) {
    const { drawChart } = await import("./chart.js");
    charts.forEach(drawChart);
  }
  if (graphs.length) {
    const { drawGraph } = await import("./graph.js");
    graphs.forEach(drawGraph);
  }
}

function begin(root) {
  keepForms(root);
  keepTables(root);
  keepFolds(root);
  draw(root);
}

document.addEventListener("allauth.error", () => {
  for (const words of document.querySelectorAll("[data-passkey-failed]")) words.hidden = false;
});

keepMenus();
keepPalette();
keepCounts();
begin(document);
document.addEventListener("htmx:load", (event) => {
  if (event.target !== document.body) begin(event.target);
});
