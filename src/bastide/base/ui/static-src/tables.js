// Tables: tick all, say how many are ticked.
export function keepTables(root) {
  for (const form of root.querySelectorAll("form[data-bulk]:not([data-kept])")) {
    form.dataset.kept = "1";
    const all = form.querySelector("[data-tick-all]");
    const told = form.querySelector("[data-ticked]");
    const ticks = () => [...form.querySelectorAll('input[name="pk"]')];
    const tell = () => {
      const ticked = ticks().filter((tick) => tick.checked).length;
      if (told) told.textContent = ticked;
      if (all) {
        all.checked = ticked > 0 && ticked === ticks().length;
        all.indeterminate = ticked > 0 && !all.checked;
      }
    };
    all?.addEventListener("change", () => {
      ticks().forEach((tick) => (tick.checked = all.checked));
      tell();
    });
    form.addEventListener("change", tell);
    tell();
  }
}
