// Tables with check boxes: one box selects all rows, and the bar of bulk actions
// says how many are chosen. Without script the boxes and the bar work singly.
for (const all of document.querySelectorAll("input[data-select-all]")) {
  const table = all.closest("table");
  const boxes = () => [...table.querySelectorAll("tbody input[type=checkbox][name]")];
  const count = document.querySelector(`[data-selected="${CSS.escape(table.id)}"]`);
  const tell = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
    if (count) count.textContent = String(chosen);
  };
  all.hidden = false;
  tell();
  all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; tell(); });
  table.addEventListener("change", tell);
}
