// The workspace of an assessment: requirements open beside the list without a new
// page, and single keys lead through them. Without script every link and form works
// as it is.
const bench = document.querySelector("[data-workbench]");

if (bench) {
  const dialog = bench.querySelector("dialog.keys");
  const help = bench.querySelector("[data-keys-help]");
  const on = bench.querySelector("[data-keys-on]");
  const links = () => [...bench.querySelectorAll("#requirements tbody th a")];
  const typing = (element) => element.closest?.("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]");

  // Keys can be switched off, for people whose input would set them off by chance.
  on.checked = localStorage.getItem("workbench-keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("workbench-keys", on.checked ? "on" : "off"));
  help.hidden = false;
  help.addEventListener("click", () => dialog.showModal());

  let latest = 0;
  const show = async (link) => {
    const mine = ++latest;
    for (const row of bench.querySelectorAll("#requirements tr[aria-current]")) row.removeAttribute("aria-current");
    link.closest("tr").setAttribute("aria-current", "true");
    link.closest("tr").scrollIntoView({ block: "nearest" });
    await new Promise((done) => setTimeout(done, 60)); // several keys in a row load one page
    if (mine !== latest) return;
    const address = link.href.split("#")[0];
    await window.htmx.ajax("GET", address, { target: "#open", swap: "outerHTML" });
    if (mine !== latest) return;
    history.replaceState(null, "", address);
    if (matchMedia("(max-width: 1099px)").matches) document.getElementById("open").scrollIntoView();
  };

  bench.addEventListener("click", (event) => {
    const link = event.target.closest("#requirements tbody th a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0 || !window.htmx) return;
    event.preventDefault();
    show(link);
  });

  const step = (by) => {
    const all = links();
    if (all.length === 0) return;
    const here = all.findIndex((link) => link.closest("tr").hasAttribute("aria-current"));
    const next = all[Math.min(Math.max(here + by, 0), all.length - 1)];
    next.focus({ preventScroll: true });
    next.click();
  };

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => { const field = bench.querySelector("input[name=q]"); field.focus(); field.select(); },
    a: () => bench.querySelector("#open .work-question input:not([type=hidden])")?.focus(),
    x: () => bench.querySelector("#requirements tr[aria-current] .select input")?.click(),
    c: () => bench.querySelector("#open textarea[name=body][data-mentions]")?.focus(),
    "?": () => dialog.showModal(),
  };

  // Before the keys of the whole platform: "/" is the filter here.
  document.addEventListener("keydown", (event) => {
    if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = keys[event.key];
    if (!key) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    key();
  }, true);
}
