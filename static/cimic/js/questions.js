// An empty box of a filter asks nothing: it is left out of the address.
for (const form of document.querySelectorAll("form[data-question]")) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData.entries()]) {
      if (value === "") event.formData.delete(name);
    }
  });
}
