// Forms: sent once, questions that depend on answers, a warning before unsaved text is lost.
export function keepForms(root) {
  for (const form of root.querySelectorAll("form[data-form]:not([data-kept])")) {
    form.dataset.kept = "1";
    let changed = false;
    form.addEventListener("input", () => (changed = true));
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "1";
      changed = false;
      setTimeout(() => delete form.dataset.sent, 15000);
    });
    window.addEventListener("beforeunload", (event) => {
      if (changed && form.isConnected) event.preventDefault();
    });
    showWhatApplies(form);
    form.addEventListener("change", () => showWhatApplies(form));
  }
  root.querySelector(".error-summary[tabindex]")?.focus();
  for (const select of root.querySelectorAll("select[data-go]:not([data-kept])")) {
    select.dataset.kept = "1";
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  for (const button of root.querySelectorAll("[data-copy]:not([data-kept])")) {
    button.dataset.kept = "1";
    button.addEventListener("click", () => navigator.clipboard?.writeText(button.dataset.copy));
  }
}

// A field with data-shown-when="kind=ransom|extortion" is asked only while that answer is given.
function showWhatApplies(form) {
  for (const control of form.querySelectorAll("[data-shown-when]")) {
    const [name, values] = control.dataset.shownWhen.split("=");
    const answers = new FormData(form).getAll(name);
    const applies = values.split("|").some((value) => answers.includes(value));
    const field = control.closest(".field") ?? control;
    field.hidden = !applies;
  }
}
