// The operator's form works without this. With it: what the machine makes of the words comes while they are typed, and
// Enter never sends a form that is half written.
"use strict";

(() => {
  const form = document.querySelector("[data-intake]");
  if (!form) return;
  document.body.classList.add("scripted");
  const field = (name) => form.elements.namedItem(name);
  const waiting = new Map();
  const asking = new Map();
  let sending = false;
  let typed = false;

  // One part of the page anew. An answer that was overtaken by more typing is dropped.
  const ask = async (part, more = {}) => {
    const place = document.getElementById(part);
    asking.get(part)?.abort();
    const asked = new AbortController();
    asking.set(part, asked);
    const words = new URLSearchParams(new FormData(form));
    words.set("part", part);
    for (const [name, value] of Object.entries(more)) words.set(name, value);
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch("/console/intake/suggest", { method: "POST", body: words, signal: asked.signal, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      const open = place.querySelector(".walk")?.open || "pick" in more;
      if (sending) return false;
      const chosen = field("parent")?.value;
      place.innerHTML = html;
      // What was chosen while the answer was on its way stays chosen.
      if (chosen && field("parent") instanceof RadioNodeList) field("parent").value = chosen;
      const news = place.querySelector("[data-said]")?.dataset.said;
      const said = document.getElementById("said");
      if (news && said.textContent !== news) said.textContent = news;
      const walk = place.querySelector(".walk");
      if (walk && open) walk.open = true;
      place.removeAttribute("aria-busy");
      return true;
    } catch (failure) {
      if (failure.name === "AbortError") return false;
      place.removeAttribute("aria-busy");
      if (!place.querySelector(".unheard")) place.insertAdjacentHTML("afterbegin", '<p class="note unheard">暂时连不上，或者登录已经过期。写的内容还在这一页；过期的，请先在另一个窗口登录。</p>');
      return false;
    }
  };
  const soon = (part) => {
    clearTimeout(waiting.get(part));
    waiting.set(part, setTimeout(() => ask(part), 300));
  };

  // What is typed is kept as a draft a moment after the typing stops, so that no crash and no logout takes it away.
  const keepSoon = () => {
    typed = true;
    clearTimeout(waiting.get("kept"));
    waiting.set("kept", setTimeout(() => {
      typed = false;
      ask("kept").then((done) => { typed ||= !done; });
    }, 3000));
  };

  const parts = { phone: ["caller", "advice"], text: ["advice"], title: ["advice"], place: ["places", "advice"] };
  form.addEventListener("input", (event) => {
    (parts[event.target.name] ?? []).forEach(soon);
    keepSoon();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.fill) {
      const answer = field("answer");
      answer.value = answer.value ? `${answer.value}\n${button.dataset.fill}` : button.dataset.fill;
      answer.closest("details").open = true;
      answer.focus();
      keepSoon();
    } else if (button.name === "pick") {
      event.preventDefault();
      field("place").value = button.dataset.full;
      keepSoon();
      ask("places", { pick: button.value }).then(() => field("place").focus());
      soon("advice");
    } else if (button.name === "entry") {
      event.preventDefault();
      ask("advice", { entry: button.value });
    }
  });

  const press = (what) => form.querySelector(`button.main[value="${what}"], button.quiet[value="${what}"]`)?.click();
  // The digits of the access keys, by ourselves: some systems' browsers turn Alt and a digit into another tab, and none
  // reaches into what is folded away.
  const numbered = (code) => /^Digit[1-9]$/.test(code) && form.querySelector(`[accesskey="${code.at(-1)}"]`);
  const help = document.querySelector(".help");
  document.addEventListener("keydown", (event) => {
    const inside = event.target.closest("input, textarea, select");
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") press("register");
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") press("draft");
    else if (event.altKey && !event.ctrlKey && numbered(event.code)) {
      const to = numbered(event.code);
      const folded = to.closest("details");
      if (folded) folded.open = true;
      to.focus();
    } else if (event.key === "?" && !inside) help.open = !help.open;
    else if (event.key === "Escape" && help.open) help.open = false;
    else if (event.key === "ArrowDown" && event.target === field("place")) document.querySelector("#places .offers button")?.focus();
    else if (event.key === "Enter" && !event.isComposing && event.target.matches("#intake input, #intake select")) {
      const all = [...form.querySelectorAll("input:not([type=hidden], [type=radio]), select, textarea")].filter((one) => one.offsetParent);
      (all[all.indexOf(event.target) + 1] ?? form.querySelector("button.main")).focus();
    } else return;
    event.preventDefault();
  });

  // Leaving with words nobody has kept yet is asked about once.
  form.addEventListener("submit", () => {
    sending = true;
    clearTimeout(waiting.get("kept"));
  });
  addEventListener("pageshow", () => { sending = false; });
  addEventListener("beforeunload", (event) => {
    if (typed && !sending) event.preventDefault();
  });
})();
