// The button that opens what small screens fold away: the filters of a list. Wide screens and pages without scripts show it all.
export function keepFolds(root) {
  for (const button of root.querySelectorAll("button[data-fold]:not([data-kept])")) {
    button.dataset.kept = "1";
    button.addEventListener("click", () => {
      const open = button.parentElement.classList.toggle("is-open");
      button.setAttribute("aria-expanded", open);
    });
  }
}
