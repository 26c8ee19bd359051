// Passkeys: the browser's own dialogue, and its answer into the form. Without this module a
// person signs in with password and code.

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");

const named = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));

function toCreate(told, alone) {
  const options = {
    ...told,
    challenge: bytes(told.challenge),
    user: { ...told.user, id: bytes(told.user.id) },
    excludeCredentials: named(told.excludeCredentials),
  };
  if (alone) {
    options.authenticatorSelection = {
      ...told.authenticatorSelection,
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    };
  }
  return options;
}

function toAsk(told) {
  return {
    ...told,
    challenge: bytes(told.challenge),
    allowCredentials: named(told.allowCredentials),
  };
}

function said(credential) {
  const { response } = credential;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    answer.attestationObject = text(response.attestationObject);
    answer.transports = response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = text(response.authenticatorData);
    answer.signature = text(response.signature);
    answer.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: answer,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function toldTo(form) {
  const here = document.getElementById("passkey-options");
  if (here) return JSON.parse(here.textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function press(form, failed) {
  failed.hidden = true;
  try {
    const told = await toldTo(form);
    const alone = form.elements.passwordless?.checked;
    const credential = told.creation_options
      ? await navigator.credentials.create({
          publicKey: toCreate(told.creation_options.publicKey, alone),
        })
      : await navigator.credentials.get({ publicKey: toAsk(told.request_options.publicKey) });
    form.elements.credential.value = said(credential);
    form.submit();
  } catch {
    failed.hidden = false; // given up, timed out, or no such key: the person tries again
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button[data-press]");
  const failed = form.querySelector("[data-failed]");
  if (!button || !window.PublicKeyCredential) continue;
  form.hidden = false;
  for (const none of document.querySelectorAll("[data-no-passkey]")) none.hidden = true;
  button.addEventListener("click", () => press(form, failed));
}
