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
const KEPT = new Set(["token", "key", "act", "seen", "password"]);
for (const form of document.querySelectorAll("form[data-keep]")) {
  const name = `almoner ${form.dataset.keep}`;
  const told = form.querySelector("[data-kept]");
  const fields = () => [...form.elements].filter((one) => one.name && one.type !== "file" && !KEPT.has(one.name));
  const kept = JSON.parse(localStorage.getItem(name) ?? "null");
  if (kept && told && !document.getElementById("summary")) {
    for (const one of fields()) {
      if (!(one.name in kept)) continue;
      if (one.type === "checkbox" || one.type === "radio") one.checked = kept[one.name].includes(one.value);
      else one.value = kept[one.name][0] ?? "";
    }
    told.hidden = false;
  }
  form.addEventListener("input", () => {
    const typed = {};
    for (const one of fields()) {
      const choice = one.type === "checkbox" || one.type === "radio";
      if (!choice || one.checked) (typed[one.name] ??= []).push(one.value);
      else typed[one.name] ??= [];
    }
    localStorage.setItem(name, JSON.stringify(typed));
    if (told) told.hidden = false;
  });
  form.addEventListener("submit", () => localStorage.removeItem(name));
}
document.addEventListener("htmx:response:error", (event) => {
  const status = event.detail.ctx.response.status;
  if (status === 401 || status === 429 || status >= 500) tell("unsaved");
});
