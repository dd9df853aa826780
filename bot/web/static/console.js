// The console works without this. With it: one click sends once, and a half-written answer survives a reload.
"use strict";

(() => {
  const keyOf = (form, field) => `${form.dataset.keep}:${field.name}`;

  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      // After the browser has taken the pressed button's own value.
      setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
    });
  }

  // Coming back with the browser's button must not leave the form locked.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[method=post]")) {
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
    }
  });

  // Drafts live in this tab only, and end with the act they were for and with the login.
  if (document.querySelector(".login")) sessionStorage.clear();
  if (document.querySelector(".flash")) {
    const ticket = location.pathname.split("/").pop();
    Object.keys(sessionStorage)
      .filter((key) => key.startsWith(`${ticket}-`))
      .forEach((key) => { sessionStorage.removeItem(key); });
  }
  for (const form of document.querySelectorAll("form[data-keep]")) {
    for (const field of form.querySelectorAll("textarea")) {
      const key = keyOf(form, field);
      const kept = sessionStorage.getItem(key);
      if (kept && !field.value) {
        field.value = kept;
        const fold = form.closest("details");
        if (fold) fold.open = true;
      }
      field.addEventListener("input", () => {
        if (field.value) sessionStorage.setItem(key, field.value);
        else sessionStorage.removeItem(key);
      });
    }
  }
  document.getElementById("attempt")?.scrollIntoView({ block: "center" });

  for (const select of document.querySelectorAll(".search select")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
})();
