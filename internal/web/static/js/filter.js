// <div data-filter="id"> holds a search field that hides the choices of the
// element with that id which do not match, and opens the groups with hits.
const plain = (text) => text.toLowerCase().replaceAll("ß", "ss").replaceAll("œ", "oe").replaceAll("æ", "ae").normalize("NFD").replace(/\p{M}/gu, "");
// A short word, such as MSP, counts only where a word begins.
const has = (text, word) => word.length > 3 ? text.includes(word) : ` ${text.replace(/[^\p{L}\p{N}]+/gu, " ")}`.includes(` ${word}`);
for (const box of document.querySelectorAll("[data-filter]")) {
  const list = document.getElementById(box.dataset.filter);
  const field = box.querySelector("input[type=search]");
  const nothing = box.querySelector("[role=status]");
  if (!list || !field) continue;
  const groups = [...list.querySelectorAll("details")];
  const opened = new Map(groups.map((group) => [group, group.open]));
  box.hidden = false;
  for (const button of box.querySelectorAll("button")) button.remove(); // for browsers without scripts
  field.addEventListener("input", (event) => {
    event.stopPropagation(); // what is looked for is no answer
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    let hits = 0;
    for (const group of groups) {
      const title = plain(group.querySelector("summary").textContent);
      let shown = 0;
      for (const choice of group.querySelectorAll(".choice")) {
        const text = title + " " + plain(choice.textContent + " " + (choice.dataset.words ?? ""));
        choice.hidden = !words.every((word) => has(text, word));
        if (!choice.hidden) shown += 1;
      }
      group.hidden = shown === 0;
      group.open = words.length > 0 ? shown > 0 : opened.get(group) || group.querySelector(":checked") !== null;
      hits += shown;
    }
    nothing.hidden = hits > 0;
    if (hits > 0) return;
    for (const hidden of list.querySelectorAll("[hidden]")) hidden.hidden = false; // the words send people to the groups
  });
  // Enter in the filter must not send the form.
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  field.addEventListener("change", (event) => event.stopPropagation());
}
