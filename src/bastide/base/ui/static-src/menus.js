// Menus are <details>: they close on Escape, on a click elsewhere, and when focus leaves. The side menu opens on small screens.
export function keepMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("toggle", (event) => {
    const menu = event.target.closest?.("details.menu");
    if (!menu) return;
    menu.classList.remove("opens-left");
    const beyond = menu.open && menu.querySelector(".menu-panel")?.getBoundingClientRect().right > document.documentElement.clientWidth;
    menu.classList.toggle("opens-left", Boolean(beyond));
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest("details.menu[open]") ?? document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (document.body.classList.contains("has-nav")) {
      closeNav();
    }
  });
  document.querySelector(".nav-open")?.addEventListener("click", (event) => {
    event.preventDefault();
    document.body.classList.add("has-nav");
    document.querySelector(".side a")?.focus();
  });
  document.querySelector(".nav-close")?.addEventListener("click", (event) => {
    event.preventDefault();
    closeNav();
  });
  document.addEventListener("click", (event) => {
    if (document.body.classList.contains("has-nav") && !event.target.closest(".side, .nav-open")) closeNav();
  });
}

function closeNav() {
  document.body.classList.remove("has-nav");
  document.querySelector(".nav-open")?.focus();
}
