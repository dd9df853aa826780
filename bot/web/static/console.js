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

  // What folds out over the page closes with Esc, which gives the focus back, and with a click beside it. In a line that
  // is typed into, Esc goes back to the page and its keys.
  const menus = document.querySelectorAll(".bar .rest, .help");
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = [...menus].find((menu) => menu.open);
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else if (event.target.matches("input:not([type=date])")) event.target.blur();
  });
  addEventListener("click", (event) => {
    for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
  });

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

  // The triage board by keyboard: a digit presses that candidate's button, / goes to the search, j and k to the next
  // and the one before. Leaving without a decision gives the ticket back to the others at once.
  const desk = document.querySelector("[data-desk]");
  if (desk) {
    const step = (by) => {
      const lines = [...document.querySelectorAll("[data-line]")];
      const at = lines.findIndex((line) => line.hasAttribute("aria-current"));
      lines[at + by]?.click();
    };
    addEventListener("keydown", (event) => {
      if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = desk.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (event.key === "j") step(1);
      else if (event.key === "k") step(-1);
      else if (target instanceof HTMLButtonElement) target.click();
      else if (target) target.focus();
      else return;
      event.preventDefault();
    });
    // A page that is read or written on keeps its ticket; one that is left gives back what this page has taken.
    let movedAt = Date.now();
    for (const sign of ["keydown", "pointermove", "scroll"]) addEventListener(sign, () => { movedAt = Date.now(); }, { passive: true });
    const say = (more = {}) => {
      const fields = { csrf: desk.querySelector("[name=csrf]").value, number: desk.dataset.desk, page: desk.dataset.page, ...more };
      navigator.sendBeacon(desk.dataset.leave ?? "/console/triage/leave", new URLSearchParams(fields));
    };
    setInterval(() => { if (Date.now() - movedAt < 10 * 60 * 1000) say({ stay: "yes" }); }, 60 * 1000);
    addEventListener("pagehide", () => say());
  }

  // The list by keyboard: j and k move, Enter opens the ticket (a link by itself), / goes to the search.
  const rows = document.querySelector("[data-rows]");
  const search = document.querySelector("form[role=search] input[type=search]");
  if (search) {
    addEventListener("keydown", (event) => {
      if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
      const by = { j: 1, k: -1 }[event.key];
      if (event.key === "/") search.focus();
      else if (by && rows) {
        const links = [...rows.querySelectorAll(".row-link")];
        const at = links.indexOf(document.activeElement);
        links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
      } else return;
      event.preventDefault();
    });
  }

  // A template or a citation goes in where the cursor stands, without a way to the server.
  for (const button of document.querySelectorAll("button[data-insert]")) {
    button.addEventListener("click", (event) => {
      const field = button.form?.querySelector("textarea[name=text]");
      if (!field) return;
      event.preventDefault();
      const at = field.selectionStart ?? field.value.length;
      const before = field.value.slice(0, at);
      const gap = before && !before.endsWith("\n") ? "\n" : "";
      field.setRangeText(gap + button.dataset.insert, at, field.selectionEnd ?? at, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
  }

  // In a list, whoever writes into the form of a ticket says so every ten seconds, and hears who else does.
  for (const form of document.querySelectorAll("form[data-writing]")) {
    const others = form.querySelector("[data-others]");
    const fields = (more) => new URLSearchParams({ csrf: form.elements.csrf.value, version: form.elements.version.value, ...more });
    let saidAt = 0;
    form.addEventListener("input", async () => {
      if (Date.now() - saidAt < 10 * 1000) return;
      saidAt = Date.now();
      const answer = await fetch(form.dataset.writing, { method: "POST", body: fields({ writing: "yes" }), redirect: "error" }).catch(() => null);
      if (!answer?.ok) return;
      const { words, stale } = await answer.json();
      others.textContent = [words, stale ? "这张工单刚有了新变化，提交前会请您先看。" : ""].filter(Boolean).join("。");
      others.hidden = !others.textContent;
    });
    addEventListener("pagehide", () => { if (saidAt) navigator.sendBeacon(form.dataset.writing, fields({ leaving: "yes" })); });
  }

  // An open ticket says every ten seconds that somebody is there, and whether they write; the answer says who else is.
  const there = document.querySelector("[data-presence]");
  if (there) {
    const others = document.querySelector("[data-others]");
    const fields = (more) => new URLSearchParams({ ...Object.fromEntries(new FormData(there)), ...more });
    let wroteAt = 0;
    let stirredAt = Date.now();
    // Nobody is there whose page stands open on an empty desk; and the login must not live on for it.
    for (const kind of ["pointermove", "keydown", "scroll", "touchstart"]) {
      addEventListener(kind, () => { stirredAt = Date.now(); }, { passive: true });
    }
    const beat = async () => {
      if (document.hidden || Date.now() - stirredAt > 5 * 60 * 1000) return;
      const writing = Date.now() - wroteAt < 60 * 1000 ? "yes" : "no";
      const answer = await fetch(there.dataset.presence, { method: "POST", body: fields({ writing }), redirect: "error" }).catch(() => null);
      if (!answer?.ok) return;
      const { words, stale } = await answer.json();
      const said = [words, stale ? "这张工单刚有了新变化，提交前会请您先看。" : ""].filter(Boolean).join("。");
      if (others.textContent !== said) others.textContent = said;
      others.hidden = !said;
    };
    for (const field of document.querySelectorAll("form.act textarea")) {
      field.addEventListener("input", () => {
        const first = Date.now() - wroteAt > 60 * 1000;
        wroteAt = Date.now();
        if (first) beat();
      });
    }
    addEventListener("visibilitychange", beat);
    addEventListener("pagehide", () => navigator.sendBeacon(there.dataset.presence, fields({ leaving: "yes" })));
    setInterval(beat, 10 * 1000);
  }

  // The live board: numbers move as they change. A unit that was not on the page, or a stream that ends, loads it anew.
  const board = document.querySelector("[data-live-board]");
  if (board) {
    const state = document.querySelector("[data-live-state]");
    const shown = new Map();
    for (const place of document.querySelectorAll("[data-live]")) {
      shown.set(place.dataset.live, [...(shown.get(place.dataset.live) ?? []), place]);
    }
    // At most once a minute: a number that has no place on the page for good must not keep it loading.
    const anew = () => {
      const before = Number(sessionStorage.getItem("live-anew") ?? 0);
      if (Date.now() - before < 60 * 1000) return;
      sessionStorage.setItem("live-anew", String(Date.now()));
      location.reload();
    };
    // The nearest limits count down and change with the numbers: asked for anew by themselves, the page is not.
    const part = document.querySelector("[data-live-part]");
    let partAt = Date.now();
    let partSoon = null;
    const renew = async () => {
      partSoon = null;
      partAt = Date.now();
      const answer = await fetch(part.dataset.livePart, { redirect: "error" }).catch(() => null);
      if (answer?.ok && !part.contains(document.activeElement)) part.innerHTML = await answer.text();
    };
    const renewSoon = () => { partSoon ??= setTimeout(renew, Math.max(0, partAt + 5 * 1000 - Date.now())); };
    setInterval(() => { if (!document.hidden) renewSoon(); }, 60 * 1000);
    const stream = new EventSource(board.dataset.liveBoard);
    let first = true;
    let failures = 0;
    stream.addEventListener("numbers", (event) => {
      failures = 0;
      const numbers = JSON.parse(event.data);
      if (!first) renewSoon();
      first = false;
      if (Object.keys(numbers).some((key) => numbers[key] && !shown.has(key))) anew();
      for (const [key, places] of shown) {
        const value = String(numbers[key] ?? 0);
        for (const place of places) {
          if (place.textContent === value) continue;
          place.textContent = value;
          place.classList.remove("moved");
          void place.offsetWidth;
          place.classList.add("moved");
          const around = place.closest("[data-tone]");
          if (around && around.dataset.tone !== "calm") around.classList.toggle(`tone-${around.dataset.tone}`, value !== "0");
        }
      }
      const time = new Date().toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
      state.textContent = `实时更新中，最近一次变化 ${time}。数字点开就是对应的工单。`;
    });
    stream.addEventListener("error", () => {
      failures += 1;
      state.textContent = "实时更新断开了，正在重新连接…";
      if (failures > 5 || stream.readyState === EventSource.CLOSED) {
        stream.close();
        setTimeout(() => location.reload(), 60 * 1000);
      }
    });
  }
})();
