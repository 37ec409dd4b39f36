// The command palette: Ctrl-K or Cmd-K opens it, "/" too outside of fields.
// The server finds; here are only the keys. Without script the search box in
// the head of the page leads to the search page.
const dialog = document.querySelector("dialog.palette");

if (dialog && typeof dialog.showModal === "function") {
  const input = dialog.querySelector("input[type=search]");
  const results = dialog.querySelector(".palette-results");
  const links = () => [...results.querySelectorAll("a[href]")];
  const said = document.createElement("p"); // what arrow keys choose, for screen readers
  said.className = "hidden";
  said.setAttribute("role", "status");
  dialog.append(said);
  let chosen = -1;
  let stale = false; // typed more than what the results answer

  const choose = (index) => {
    const all = links();
    all.forEach((link) => link.removeAttribute("data-chosen"));
    if (all.length === 0) { chosen = -1; return; }
    chosen = (index + all.length) % all.length;
    all[chosen].setAttribute("data-chosen", "");
    all[chosen].scrollIntoView({ block: "nearest" });
    said.textContent = all[chosen].textContent.trim();
  };

  // offer lists where the page's own navigation leads; it stands there already.
  const offer = () => {
    const places = ["#nav", ".switcher", ".person"].flatMap((part) => [...document.querySelectorAll(`${part} a[href]`)]);
    if (results.childElementCount > 0 || places.length === 0) return;
    const head = document.createElement("p");
    head.className = "group";
    head.textContent = results.dataset.go;
    const list = document.createElement("ul");
    for (const place of places) {
      const item = document.createElement("li");
      item.append(place.cloneNode(true));
      list.append(item);
    }
    const group = document.createElement("div");
    group.className = "results";
    group.append(head, list);
    results.append(group);
  };

  const show = () => {
    if (dialog.open) return;
    offer();
    dialog.showModal();
    input.select();
    choose(0);
  };

  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    const asked = (event.key === "k" && (event.ctrlKey || event.metaKey)) ||
      (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target));
    if (!asked) return;
    event.preventDefault();
    show();
  });

  for (const button of document.querySelectorAll("[data-palette]")) {
    button.hidden = false;
    button.addEventListener("click", show);
  }

  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen + 1); }
    if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen - 1); }
    if (event.key === "Escape") { event.preventDefault(); dialog.close(); } // a search field would only be emptied
  });

  // Enter opens what is chosen; while results are still to come the form goes to the search page.
  input.form.addEventListener("submit", (event) => {
    const link = stale ? null : links()[chosen];
    if (!link) return;
    event.preventDefault();
    link.click();
  });

  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  input.addEventListener("input", () => { stale = true; });
  new MutationObserver(() => { stale = false; choose(0); }).observe(results, { childList: true });
}
