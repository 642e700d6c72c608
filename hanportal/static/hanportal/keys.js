// A form with data-key="create" or "get" asks the browser for a security key before it
// is sent. It stays hidden where the browser knows none; a code does the same job.
for (const form of document.querySelectorAll("form[data-key]")) {
  const keys = window.PublicKeyCredential;
  if (!keys || !keys.parseCreationOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const refused = form.querySelector("[data-key-refused]");
    refused.hidden = true;
    const { publicKey } = JSON.parse(form.querySelector("#key-options").textContent);
    try {
      const credential =
        form.dataset.key === "create"
          ? await navigator.credentials.create({
              publicKey: keys.parseCreationOptionsFromJSON(publicKey),
            })
          : await navigator.credentials.get({
              publicKey: keys.parseRequestOptionsFromJSON(publicKey),
            });
      form.elements.credential.value = JSON.stringify(credential);
    } catch {
      refused.hidden = false;
      return;
    }
    form.submit();
  });
}
