// <time data-relative datetime="…"> keeps its "in 3 days" fresh while the page
// stays open. The server wrote the first text.
const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "always" });
const steps = [["day", 86400, 172800], ["hour", 3600, 7200], ["minute", 60, 0]];

const text = (at, now) => {
  const seconds = (at - now) / 1000;
  const [unit, size] = steps.find(([, , from]) => Math.abs(seconds) >= from);
  return words.format(Math.trunc(seconds / size), unit);
};

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const at = Date.parse(time.dateTime);
    if (!Number.isNaN(at)) time.textContent = text(at, Date.now());
  }
}, 60000);
