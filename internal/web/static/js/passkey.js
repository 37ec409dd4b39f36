// <form data-passkey="create" or "get" data-options="address of the challenge">:
// the browser makes or uses a passkey, and its answer goes with the form. Where
// that is not possible the form stays as it came, with a word about it.
const able = typeof PublicKeyCredential === "function" && typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function";

const make = async (form) => {
  const answer = await fetch(form.dataset.options, { method: "POST", redirect: "error", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const options = await answer.json();
  const credential = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.response.value = JSON.stringify(credential.toJSON());
  form.submit();
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!able) continue;
  form.querySelector("[data-without]").hidden = true;
  for (const part of form.querySelectorAll("[data-with]")) part.hidden = false;
  const failed = form.querySelector("[data-failed]");
  const there = form.querySelector("[data-there]");
  form.addEventListener("submit", async (event) => {
    if (!form.checkValidity()) return; // the server says what is missing, before the device makes anything
    event.preventDefault();
    for (const words of [failed, there]) if (words) words.hidden = true;
    try { await make(form); } catch (why) { (there && why.name === "InvalidStateError" ? there : failed).hidden = false; }
  });
}
