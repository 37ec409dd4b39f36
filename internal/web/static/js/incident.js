// <time data-countdown datetime="…"> counts down by the second: hours, minutes and
// seconds, with a minus sign when the deadline has passed. More than three days away
// the words of the server stay.
const two = (n) => String(n).padStart(2, "0");
const tick = () => {
  for (const time of document.querySelectorAll("time[data-countdown]")) {
    const left = Math.trunc((Date.parse(time.dateTime) - Date.now()) / 1000);
    if (Number.isNaN(left) || left > 3 * 24 * 3600) continue;
    const s = Math.abs(left);
    time.textContent = `${left < 0 ? "−" : ""}${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  }
};
if (document.querySelector("time[data-countdown]")) {
  tick();
  setInterval(tick, 1000);
}

// The zone of the machine is the zone in which its owner says times, and "now" is
// now in that zone.
const zone = document.querySelector("select[data-own-zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && own && [...zone.options].some((o) => o.value === own)) {
  zone.value = own;
  const now = document.querySelector("input[data-now]");
  const d = new Date();
  if (now) now.value = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}

// <form data-fields> keeps each field by itself as soon as it changes. What the
// server has acknowledged says so beside the field.
const pending = new Map();
let queue = Promise.resolve();

const say = (part, state, text) => {
  const output = part.querySelector("output.autosave");
  output.dataset.state = state;
  output.textContent = text ?? part.dataset[state];
};

// A link into a closed part of the form opens it.
const reveal = (id) => document.getElementById(id)?.closest("details:not([open])")?.setAttribute("open", "");
const revealLinked = () => reveal(decodeURIComponent(location.hash.slice(1)));
addEventListener("hashchange", revealLinked);
revealLinked();

// What is missing is said anew; parts of the form that hold some of it open, and the
// titles of the parts say how much they hold.
const show = (missing, html) => {
  missing.innerHTML = html;
  for (const title of missing.querySelectorAll("template[data-for]")) {
    document.getElementById(title.dataset.for)?.replaceChildren(title.content);
    title.remove();
  }
  for (const link of missing.querySelectorAll('a[href^="#"]')) reveal(link.hash.slice(1));
};

const send = async (part) => {
  const form = part.closest("form");
  const body = new URLSearchParams();
  body.set("field", part.dataset.field);
  for (const input of part.querySelectorAll("input, textarea, select")) {
    if ((input.type !== "checkbox" && input.type !== "radio") || input.checked) body.append(input.name, input.value);
  }
  say(part, "saving");
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "error" });
    const text = await answer.text();
    if (answer.ok) {
      say(part, "saved");
      show(document.getElementById("missing"), text);
    } else {
      say(part, "failed", answer.status === 422 ? text : undefined);
    }
  } catch {
    say(part, "failed");
  }
};

const save = (part) => {
  clearTimeout(pending.get(part));
  pending.delete(part);
  queue = queue.then(() => send(part));
};

document.addEventListener("input", (event) => {
  const part = event.target.closest("form[data-fields] [data-field]");
  if (!part) return;
  if (event.target.name.startsWith("v.") && event.target.value !== "") {
    const unknown = part.querySelector('input[name^="unknown."]');
    if (unknown) unknown.checked = false;
  }
  clearTimeout(pending.get(part));
  pending.set(part, setTimeout(() => save(part), 600));
});
document.addEventListener("change", (event) => {
  const part = event.target.closest("form[data-fields] [data-field]");
  if (!part) return;
  if (event.target.name.startsWith("unknown.") && event.target.checked) {
    for (const input of part.querySelectorAll('[name^="v."]')) {
      if (input.type === "checkbox") input.checked = false;
      else input.value = "";
    }
  }
  save(part);
});
// A form that is sent takes along what was typed last.
document.addEventListener("submit", (event) => {
  if (pending.size === 0 || event.target.closest("form[data-fields]")) return;
  event.preventDefault();
  for (const part of [...pending.keys()]) save(part);
  queue.then(() => event.target.requestSubmit(event.submitter));
});
