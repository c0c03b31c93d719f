// How much waits behind each menu item: painted from the last answer, then asked anew once a minute while the page is seen.
const KEPT = "bastide-counts";

export function keepCounts() {
  const address = document.body.dataset.counts;
  if (!address) return;
  paint(JSON.parse(sessionStorage.getItem(KEPT) ?? "{}"));
  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json", "X-Background": "1" }, redirect: "error" });
      if (!answer.ok) return;
      const counts = await answer.json();
      sessionStorage.setItem(KEPT, JSON.stringify(counts));
      paint(counts);
    } catch {
      // The network is away; the last counts stay.
    }
  };
  ask();
  setInterval(ask, 60000);
}

function paint(counts) {
  for (const place of document.querySelectorAll("[data-count]")) {
    const number = counts[place.dataset.count] ?? 0;
    place.hidden = !number;
    place.querySelector(".number").textContent = number > 999 ? "999+" : number;
  }
}
