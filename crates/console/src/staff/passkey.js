// Speaks with a passkey and sends the answer with the page's own form. Nothing is fetched.
"use strict";

const fromBase64 = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0)).buffer;
};

const toBase64 = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** The options of the page, with their Base 64 read. */
const read = (text) => {
  const options = JSON.parse(text);
  options.challenge = fromBase64(options.challenge);
  if (options.user) options.user.id = fromBase64(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    for (const credential of list ?? []) credential.id = fromBase64(credential.id);
  }
  return options;
};

/** A credential as JSON, its buffers in Base 64. */
const write = (credential) => {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const answer = {};
  for (const part of parts) {
    if (response[part]) answer[part] = toBase64(response[part]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toBase64(credential.rawId),
    type: credential.type,
    response: answer,
    extensions: {},
  });
};

const form = document.querySelector("form[data-passkey]");
const status = document.querySelector("#passkey-status");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  status.textContent = "Waiting for your passkey …";
  try {
    const publicKey = read(form.dataset.options);
    const ask = form.dataset.passkey === "create" ? "create" : "get";
    const credential = await navigator.credentials[ask]({ publicKey });
    form.elements.credential.value = write(credential);
    form.submit();
  } catch (error) {
    status.textContent = `Your passkey did not answer (${error.name}). Try again.`;
  }
});
