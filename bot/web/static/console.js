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
    const about = decodeURIComponent(location.pathname.split("/").pop());
    Object.keys(sessionStorage)
      .filter((key) => key.startsWith(`${about}-`) || key.startsWith("new-"))
      .forEach((key) => { sessionStorage.removeItem(key); });
  }
  for (const form of document.querySelectorAll("form[data-keep]:not([data-long])")) {
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
  // A long form comes filled in: what was typed and never sent is offered, not put in place of what is stored. And the
  // login stays alive while somebody writes.
  for (const form of document.querySelectorAll("form[data-long]")) {
    const fields = [...form.querySelectorAll("textarea, input:not([type=hidden], [type=search])")];
    const kept = fields.filter((field) => {
      const value = sessionStorage.getItem(keyOf(form, field));
      return value !== null && value !== field.value;
    });
    const forget = () => fields.forEach((field) => { sessionStorage.removeItem(keyOf(form, field)); });
    if (kept.length) {
      const bar = document.createElement("p");
      bar.className = "restore";
      bar.setAttribute("role", "status");
      bar.append("这里有您上次写了、没有保存的内容。");
      const offer = (words, act) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "quiet small";
        button.textContent = words;
        button.addEventListener("click", () => { act(); bar.remove(); });
        bar.append(button);
      };
      offer("恢复", () => kept.forEach((field) => { field.value = sessionStorage.getItem(keyOf(form, field)); }));
      offer("不要了", forget);
      form.before(bar);
    }
    let typed = false;
    for (const field of fields) {
      field.addEventListener("input", () => {
        typed = true;
        sessionStorage.setItem(keyOf(form, field), field.value);
      });
    }
    setInterval(() => {
      if (typed) fetch(document.querySelector(".watermark").src, { cache: "reload" });
      typed = false;
    }, 5 * 60 * 1000);
  }
  document.getElementById("attempt")?.scrollIntoView({ block: "center" });

  for (const select of document.querySelectorAll(".search select")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
})();
