// The command palette: Ctrl-K or "/" opens it, arrows choose, Enter goes there. Without scripts the field is a search form.
export function keepPalette() {
  const palette = document.getElementById("palette");
  const seek = document.querySelector(".seek");
  if (!palette || !seek) return;
  const input = palette.querySelector("input");
  const hits = palette.querySelector(".hits");

  const open = () => {
    if (palette.open) return;
    palette.showModal();
    input.select();
    window.htmx.trigger(input, "palette-open");
  };
  seek.addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
  seek.querySelector("input")?.addEventListener("keydown", (event) => {
    if (event.key.length === 1 || event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      if (event.key.length === 1) input.value = event.key;
      open();
      input.setSelectionRange(input.value.length, input.value.length);
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing)) {
      event.preventDefault();
      open();
    }
  });
  palette.addEventListener("click", (event) => {
    if (event.target === palette) palette.close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(hits, input, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      const chosen = hits.querySelector('[aria-selected="true"]');
      if (chosen) {
        event.preventDefault();
        window.location.assign(chosen.href);
      }
    }
  });
  hits.addEventListener("htmx:afterSwap", () => {
    const options = hits.querySelectorAll("[role=option]");
    options.forEach((option, place) => (option.id = `hit-${place}`));
    if (options.length) select(hits, input, options[0]);
    else input.removeAttribute("aria-activedescendant");
  });
}

function select(hits, input, option) {
  hits.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function move(hits, input, step) {
  const options = [...hits.querySelectorAll("[role=option]")];
  if (!options.length) return;
  const now = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  select(hits, input, options[(now + step + options.length) % options.length]);
}
