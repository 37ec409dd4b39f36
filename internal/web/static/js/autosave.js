// <form data-autosave> says in its <output class="autosave"> what happens to the
// answer: changed, being saved, saved, not saved. htmx sends the form.
const say = (form, state) => {
  const output = form?.querySelector("output.autosave");
  if (!output) return;
  output.dataset.state = state;
  output.textContent = output.dataset[state] ?? "";
};
const formOf = (event) => (event.detail?.ctx?.sourceElement ?? event.target)?.closest?.("form[data-autosave]");

// "None of these" and the other answers of a question take each other away.
document.addEventListener("input", (event) => {
  const box = event.target.closest("input[type=checkbox][name=option]");
  if (!box?.checked) return;
  for (const other of box.form.querySelectorAll("input[type=checkbox][name=option]:checked")) {
    if (other !== box && (box.value === "none" || other.value === "none")) other.checked = false;
  }
});

document.addEventListener("input", (event) => say(event.target.closest("form[data-autosave]"), "changed"));
document.addEventListener("htmx:before:request", (event) => say(formOf(event), "saving"));
document.addEventListener("htmx:after:request", (event) => {
  const status = event.detail?.ctx?.response?.status ?? 0;
  say(formOf(event), status >= 200 && status < 400 ? "saved" : "failed");
});
document.addEventListener("htmx:error", (event) => say(formOf(event), "failed"));

// What was refused stands above the content until something is taken.
document.addEventListener("htmx:after:request", (event) => {
  const { response, request } = event.detail?.ctx ?? {};
  if (!response || response.status >= 400 || (request?.method ?? "GET").toUpperCase() === "GET") return;
  document.querySelector("#notices > [role=alert]")?.remove();
});

// Leaving with something unsaved asks first.
addEventListener("beforeunload", (event) => {
  if (document.querySelector('output.autosave[data-state="saving"], output.autosave[data-state="failed"]')) event.preventDefault();
});
