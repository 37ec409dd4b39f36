// <form data-autosave> says in its <output class="autosave"> what happens to the
// answer: changed, being saved, saved, not saved. htmx sends the form.
const say = (form, state) => {
  const output = form?.querySelector("output.autosave");
  if (!output) return;
  output.dataset.state = state;
  output.textContent = output.dataset[state] ?? "";
};
const formOf = (event) => (event.detail?.ctx?.sourceElement ?? event.target)?.closest?.("form[data-autosave]");

document.addEventListener("input", (event) => say(event.target.closest("form[data-autosave]"), "changed"));
document.addEventListener("htmx:before:request", (event) => say(formOf(event), "saving"));
document.addEventListener("htmx:after:request", (event) => {
  const status = event.detail?.ctx?.response?.status ?? 0;
  say(formOf(event), status >= 200 && status < 400 ? "saved" : "failed");
});
document.addEventListener("htmx:error", (event) => say(formOf(event), "failed"));

// Leaving with something unsaved asks first.
addEventListener("beforeunload", (event) => {
  if (document.querySelector('output.autosave[data-state="saving"], output.autosave[data-state="failed"]')) event.preventDefault();
});
