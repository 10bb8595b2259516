// What pages do besides with a script: everything here works without it, only slower.
const summary = document.getElementById("summary");
if (summary) summary.focus();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.method === "post" && !form.hasAttribute("hx-post")) form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
function tell(state) {
  for (const place of document.querySelectorAll("[data-autosave]")) {
    for (const one of place.querySelectorAll("[data-state]")) one.hidden = one.dataset.state !== state;
  }
}
document.addEventListener("htmx:error", () => tell("unsaved"));
window.addEventListener("offline", () => tell("unsaved"));
