// Where a form asks for a time zone and has none, that of the browser.
for (const input of document.querySelectorAll("input[data-zone]")) {
  if (input.value === "") input.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
