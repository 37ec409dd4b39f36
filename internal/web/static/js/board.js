// The board of the plan: cards can be dragged to another place. The buttons on each
// card do the same and need no script.
for (const board of document.querySelectorAll("[data-board]")) {
  let card = null;
  const clear = () => { for (const e of board.querySelectorAll(".over")) e.classList.remove("over"); };
  const place = (event) => {
    const column = event.target.closest(".column");
    if (!card || !column) return null;
    const before = event.target.closest(".card");
    return { column, before: before && before !== card ? before : null };
  };
  for (const movable of board.querySelectorAll(".card[data-movable]")) movable.draggable = true;
  board.addEventListener("dragstart", (event) => {
    card = event.target.closest?.(".card[data-movable]");
    if (!card) return;
    card.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.querySelector(".title").textContent);
  });
  board.addEventListener("dragend", () => { card?.classList.remove("dragged"); card = null; clear(); });
  board.addEventListener("dragover", (event) => {
    const at = place(event);
    if (!at) return;
    event.preventDefault();
    clear();
    (at.before ?? at.column).classList.add("over");
  });
  board.addEventListener("drop", (event) => {
    const at = place(event);
    if (!at) return;
    event.preventDefault();
    const form = document.createElement("form");
    form.method = "post";
    form.action = board.dataset.board;
    form.hidden = true;
    const values = { task: card.dataset.task, version: card.dataset.version, state: at.column.dataset.state,
      before: at.before?.dataset.task ?? "", filter: board.dataset.filter };
    for (const [name, value] of Object.entries(values)) {
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = value;
      form.append(input);
    }
    document.body.append(form);
    form.submit();
  });
}
