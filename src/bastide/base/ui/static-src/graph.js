// `data-graph` elements become a dependency picture (Cytoscape). A list of the same nodes stands beside it for the keyboard.
//
// A node's `group` gives it a colour of its own kind; a `tone` goes before it.
// data-graph='{"nodes": [{"id": "", "label": "", "kind": "core", "group": "", "tone": "red", "url": "", "focus": true, "weight": 3}],
//              "edges": [{"from": "", "to": "", "kind": "power", "label": "", "weight": 3}]}'   or the address of such JSON
import cytoscape from "cytoscape";
import { SERIES, colour, onThemeChange } from "./colours.js";

const SHAPES = ["ellipse", "round-rectangle", "diamond", "hexagon", "triangle", "octagon", "pentagon", "barrel", "rhomboid", "vee"];
// Red is kept for tones.
const FILLS = SERIES.filter((name) => name !== "--b-red");
const LINES = ["solid", "dashed", "dotted"];
const STILL = matchMedia("(prefers-reduced-motion: reduce)").matches;

export async function drawGraph(element) {
  element.dataset.drawn = "1";
  const told = element.dataset.graph;
  const spec = told.startsWith("{") ? JSON.parse(told) : await (await fetch(told, { headers: { Accept: "application/json" } })).json();
  const kinds = [...new Set(spec.nodes.map((node) => node.kind ?? ""))];
  const groups = [...new Set(spec.nodes.map((node) => node.group).filter(Boolean))];
  const fill = (node) => (node.group ? groups.indexOf(node.group) % FILLS.length : -1);
  const share = (all) => { const most = Math.max(...all.map((one) => one.weight ?? 0)); return (one) => (one.weight ? { size: Math.sqrt(one.weight / most), thick: one.weight / most } : {}); };
  const [nodeShare, edgeShare] = [share(spec.nodes), share(spec.edges)];
  const lines = [...new Set(spec.edges.map((edge) => edge.kind ?? ""))];
  keepStyleOut();
  const place = document.createElement("div");
  element.append(place);
  const graph = cytoscape({
    container: place,
    elements: {
      nodes: spec.nodes.map((node) => ({ data: { ...node, ...nodeShare(node), fill: fill(node), shape: SHAPES[Math.max(0, kinds.indexOf(node.kind ?? "")) % SHAPES.length] } })),
      edges: spec.edges.map((edge) => ({ data: { ...edge, ...edgeShare(edge), source: edge.from, target: edge.to, line: LINES[Math.max(0, lines.indexOf(edge.kind ?? "")) % LINES.length] } })),
    },
    style: look(),
    layout: layout(spec, place),
    minZoom: 0.1, maxZoom: 3,
  });
  onThemeChange(() => graph.style(look()));
  graph.on("tap", "node", (event) => event.target.data("url") && window.location.assign(event.target.data("url")));
  graph.on("mouseover", "node", (event) => {
    graph.elements().addClass("far");
    event.target.closedNeighborhood().removeClass("far");
  });
  graph.on("mouseout", "node", () => graph.elements().removeClass("far"));
  legend(element, spec, kinds, lines);
  tools(element, graph);
}

// Cytoscape would insert a style element, which the content security policy refuses; parts.css says the same.
function keepStyleOut() {
  const id = "__________cytoscape_stylesheet";
  if (document.getElementById(id)) return;
  const stand = document.createElement("meta");
  stand.id = id;
  document.head.append(stand);
}

function layout(spec, place) {
  const size = spec.nodes.length;
  const hasFocus = spec.nodes.some((node) => node.focus);
  if (!hasFocus && size <= 60) return { name: "preset", positions: rings(spec, place), padding: 24 };
  if (size <= 40 && spec.edges.length) return { name: "breadthfirst", directed: true, spacingFactor: 1.15, padding: 24, animate: false, roots: spec.nodes.filter((node) => node.focus).map((node) => `[id = "${node.id}"]`).join(",") || undefined };
  return { name: size > 400 ? "concentric" : "cose", animate: false, padding: 24, randomize: false, nodeDimensionsIncludeLabels: true, animationDuration: STILL ? 0 : 300 };
}

// Without a centre: what much depends on stands inside, the rest around it, kind by kind; as wide as the place is.
function rings(spec, place) {
  const leaned = new Map(spec.nodes.map((node) => [node.id, 0]));
  for (const edge of spec.edges) leaned.set(edge.to, (leaned.get(edge.to) ?? 0) + (edge.weight ?? 1));
  const byKind = (one, other) => `${one.kind} ${one.label}`.localeCompare(`${other.kind} ${other.label}`);
  const ranked = [...spec.nodes].sort((one, other) => leaned.get(other.id) - leaned.get(one.id));
  const inside = ranked.length > 12 ? Math.round(ranked.length / 3.5) : 0;
  const [across, down] = [Math.max(place.clientWidth, 900) / 2 - 70, Math.max(place.clientHeight, 460) / 2 - 30];
  const positions = {};
  for (const [ring, scale] of [[ranked.slice(0, inside), 0.48], [ranked.slice(inside), 1]]) {
    ring.sort(byKind).forEach((node, order) => {
      const angle = (2 * Math.PI * (order + scale / 2)) / ring.length - Math.PI / 2;
      positions[node.id] = { x: across * scale * Math.cos(angle), y: down * scale * Math.sin(angle) };
    });
  }
  return positions;
}

function look() {
  const tones = { red: "--b-red", orange: "--b-orange", yellow: "--b-yellow", blue: "--b-blue", bad: "--b-red", warn: "--b-orange", ok: "--b-ok-fg", info: "--b-blue" };
  const font = getComputedStyle(document.body).fontFamily;
  return [
    { selector: "node", style: { shape: "data(shape)", "background-color": colour("--b-blue"), "border-width": 2, "border-color": colour("--b-surface"), width: 26, height: 26, label: "data(label)", color: colour("--b-text"), "font-size": 11, "font-family": font, "text-valign": "bottom", "text-margin-y": 4, "text-wrap": "ellipsis", "text-max-width": 130, "min-zoomed-font-size": 7 } },
    { selector: "node[size]", style: { width: "mapData(size, 0, 1, 14, 44)", height: "mapData(size, 0, 1, 14, 44)" } },
    ...FILLS.map((name, place) => ({ selector: `node[fill = ${place}]`, style: { "background-color": colour(name) } })),
    ...Object.entries(tones).map(([tone, name]) => ({ selector: `node[tone = "${tone}"]`, style: { "background-color": colour(name) } })),
    { selector: "node[?focus]", style: { width: 40, height: 40, "border-width": 4, "border-color": colour("--b-text"), "font-weight": 700, "font-size": 13 } },
    { selector: "edge", style: { width: 1.6, "line-color": colour("--b-line-strong"), "line-style": "data(line)", "target-arrow-shape": "triangle", "target-arrow-color": colour("--b-line-strong"), "curve-style": "bezier", "arrow-scale": 0.9 } },
    { selector: "edge[thick]", style: { width: "mapData(thick, 0, 1, 0.8, 5)", "line-opacity": 0.7 } },
    { selector: ".far", style: { opacity: 0.18 } },
  ];
}

function legend(element, spec, kinds, lines) {
  const names = spec.names ?? {};
  const list = element.parentElement.querySelector(".graph-legend");
  if (!list) return;
  const draw = { ellipse: '<circle cx="8" cy="8" r="6"/>', "round-rectangle": '<rect x="2" y="3" width="12" height="10" rx="2"/>', diamond: '<path d="M8 1l7 7-7 7-7-7z"/>', hexagon: '<path d="M4 2h8l4 6-4 6H4L0 8z"/>', triangle: '<path d="M8 2l7 12H1z"/>', octagon: '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z"/>', pentagon: '<path d="M8 1l7 6-3 8H4L1 7z"/>', barrel: '<rect x="2" y="2" width="12" height="12" rx="5"/>', rhomboid: '<path d="M5 3h11l-5 10H0z"/>', vee: '<path d="M1 2l7 4 7-4-7 12z"/>' };
  const tint = (kind) => {
    const node = spec.nodes.find((one) => one.kind === kind && one.group);
    return node ? colour(FILLS[[...new Set(spec.nodes.map((one) => one.group).filter(Boolean))].indexOf(node.group) % FILLS.length]) : "currentColor";
  };
  kinds.filter(Boolean).forEach((kind, place) => item(list, `<svg viewBox="0 0 16 16" aria-hidden="true" fill="${tint(kind)}">${draw[SHAPES[kinds.indexOf(kind) % SHAPES.length]]}</svg>`, names[kind] ?? kind, place));
  lines.filter(Boolean).forEach((kind) => {
    const dash = { solid: "0", dashed: "5 3", dotted: "1.5 3" }[LINES[lines.indexOf(kind) % LINES.length]];
    item(list, `<svg viewBox="0 0 16 16" aria-hidden="true" stroke="currentColor" stroke-width="2" stroke-dasharray="${dash}"><path d="M0 8h16"/></svg>`, names[kind] ?? kind);
  });
}

function item(list, drawing, name) {
  const line = document.createElement("li");
  line.innerHTML = drawing;
  line.append(name);
  list.append(line);
}

function tools(element, graph) {
  const zoom = (factor) => graph.zoom({ level: graph.zoom() * factor, renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 } });
  const acts = { fit: () => graph.fit(undefined, 24), in: () => zoom(1.3), out: () => zoom(1 / 1.3) };
  for (const button of element.parentElement.querySelectorAll("[data-graph-tool]")) {
    button.addEventListener("click", () => acts[button.dataset.graphTool]());
  }
}
