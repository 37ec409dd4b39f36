// <form data-upload> with a field of files: files can be dropped on it, too large
// ones are named before they are sent, and a bar shows how far sending has come.
// Without script the browser sends the form as any other.
const field = (form) => form.querySelector("input[type=file]");

const complaint = (input) => {
  const { largest, most, tooLarge, tooMuch } = input.dataset;
  const files = [...input.files];
  const big = files.find((file) => file.size > Number(largest));
  if (big) return `${tooLarge} ${big.name}`;
  return files.reduce((sum, file) => sum + file.size, 0) > Number(most) ? tooMuch : "";
};

const check = (input) => {
  input.setCustomValidity(complaint(input));
  return input.reportValidity();
};

document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-upload] input[type=file]")) check(event.target);
});

for (const form of document.querySelectorAll("form[data-upload]")) {
  const input = field(form);
  if (!input) continue;
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  form.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    form.dataset.dropping = "";
  });
  form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) delete form.dataset.dropping; });
  form.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    delete form.dataset.dropping;
    const all = new DataTransfer();
    for (const file of [...input.files, ...event.dataTransfer.files]) all.items.add(file);
    input.files = all.files;
    check(input);
  });
}

const bar = (form) => {
  const box = document.createElement("div");
  box.className = "progress";
  const label = document.createElement("label");
  label.textContent = form.dataset.progress;
  label.htmlFor = `${form.id}-sending`;
  const progress = document.createElement("progress");
  progress.id = label.htmlFor;
  progress.max = 100;
  const text = document.createElement("span");
  text.className = "text";
  box.append(label, progress, text);
  form.querySelector(".actions").before(box);
  return { box, show: (share) => { progress.value = share * 100; text.textContent = `${Math.round(share * 100)} %`; } };
};

const failed = (form, box, buttons) => {
  box.remove();
  for (const button of buttons) button.disabled = false;
  const note = document.createElement("p");
  note.className = "error";
  note.setAttribute("role", "alert");
  note.textContent = form.dataset.failed;
  form.querySelector(".actions").before(note);
};

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-upload]");
  const input = form && field(form);
  if (!input || input.files.length === 0) return;
  event.preventDefault();
  if (!check(input)) return;
  form.querySelector(".error[role=alert]")?.remove();
  const buttons = [...form.querySelectorAll("button")].filter((button) => !button.disabled);
  const { box, show } = bar(form);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document";
  request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) show(e.loaded / e.total); });
  request.addEventListener("error", () => failed(form, box, buttons));
  request.addEventListener("load", () => {
    const main = request.response?.querySelector("main");
    if (request.responseURL !== form.action || !main) { location.assign(request.responseURL); return; }
    document.querySelector("main").replaceWith(document.adoptNode(main)); // the form again, with what is wrong
    document.querySelector("main .summary")?.focus();
  });
  request.send(new FormData(form, event.submitter));
  for (const button of buttons) button.disabled = true;
});
