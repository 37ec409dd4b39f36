// Keeps the count of unread notices and the progress of jobs fresh while the page
// is seen. Without script, or without a connection, a reload shows the same.
const inbox = document.querySelector("a.inbox[data-live]");
const region = document.getElementById("notices");
const shown = new Set();
let source;

const badge = ({ count, text }) => {
  let mark = inbox.querySelector(".count");
  if (!count) return mark?.remove();
  if (!mark) {
    mark = document.createElement("span");
    mark.className = "count";
    inbox.append(mark);
  }
  const hidden = document.createElement("span");
  hidden.className = "hidden";
  hidden.textContent = text;
  mark.replaceChildren(`${count} `, hidden);
};

const tell = ({ id, text, link }) => {
  if (!region || shown.has(id)) return;
  shown.add(id);
  const flash = document.createElement("div");
  flash.className = "flash t-info";
  flash.setAttribute("role", "status");
  const words = document.createElement(link ? "a" : "span");
  if (link) words.href = link;
  words.textContent = text;
  flash.append(words);
  region.append(flash);
};

// The parts of the page that show jobs come anew from the server when a job begins
// or ends.
const refresh = async () => {
  const parts = document.querySelectorAll("[data-live-part]");
  if (!parts.length) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const next = fresh.getElementById(part.id);
    if (next && !part.contains(document.activeElement)) part.replaceWith(document.adoptNode(next));
  }
};

const progress = ({ id, state, progress, text, note }) => {
  const places = document.querySelectorAll(`[data-job="${CSS.escape(id)}"]`);
  for (const place of places) {
    place.querySelector("progress").value = progress;
    place.querySelector(".text").textContent = text;
    place.querySelector(".note").textContent = state === "running" ? note : "";
  }
  const begun = !places.length && document.getElementById("jobs");
  if (begun || [...places].some((place) => place.dataset.state !== state)) refresh();
};

const open = () => {
  if (source || document.hidden) return;
  source = new EventSource(inbox.dataset.live);
  const on = (name, act) => source.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("unread", badge);
  on("notice", tell);
  on("job", progress);
  on("end", close);
};
const close = () => {
  source?.close();
  source = undefined;
};

if (inbox && window.EventSource) {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
}
