// The page works without this script; with it lines arrive live and nothing reloads.
"use strict";

const { base, citizen } = document.body.dataset;
const chat = document.getElementById("chat");
const typing = document.getElementById("typing");
const mistake = document.getElementById("mistake");
const compose = document.getElementById("compose");
const text = document.getElementById("text");
const more = document.getElementById("more");
let last = Number(document.body.dataset.last);
let waiting = 0;
let told = false;

const toEnd = () => { chat.scrollTop = chat.scrollHeight; };
const showTyping = () => { typing.hidden = !(waiting > 0 || told); };

const piece = (html) => {
  const holder = document.createElement("template");
  holder.innerHTML = html; // rendered and escaped by our own server
  return holder.content;
};

const keep = (list, html, most) => {
  list.querySelector(".none")?.remove();
  list.prepend(piece(html));
  while (list.children.length > most) list.lastElementChild.remove();
};

const stream = new EventSource(`${base}/events?citizen=${encodeURIComponent(citizen)}&after=${last}`);
stream.addEventListener("entry", (event) => {
  const entry = JSON.parse(event.data);
  if (entry.sequence <= last) return;
  last = entry.sequence;
  for (const hint of chat.querySelectorAll(".hint")) hint.remove();
  document.getElementById("end").before(piece(entry.html));
  if (!entry.from_citizen) { told = false; showTyping(); }
  toEnd();
});
stream.addEventListener("typing", (event) => { told = JSON.parse(event.data).on; showTyping(); toEnd(); });
stream.addEventListener("delivery", (event) => keep(document.getElementById("deliveries"), JSON.parse(event.data).html, 40));
stream.addEventListener("call", (event) => keep(document.getElementById("calls"), JSON.parse(event.data).html, 40));

const send = async (fields) => {
  mistake.hidden = true;
  waiting += 1;
  showTyping();
  toEnd();
  try {
    const response = await fetch(`${base}/api/send`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ citizen, ...fields }),
    });
    if (!response.ok) {
      mistake.textContent = (await response.json()).detail ?? "没有发出去，请再试一次";
      mistake.hidden = false;
    } else if (stream.readyState !== EventSource.OPEN || ["follow", "unfollow", "scan"].includes(fields.kind)) {
      location.reload();
    }
  } catch {
    mistake.textContent = "没有发出去，请检查网络后再试一次";
    mistake.hidden = false;
  } finally {
    waiting -= 1;
    showTyping();
  }
};

const fieldsOf = (form, button) => {
  const fields = Object.fromEntries(new FormData(form, button));
  if (fields.do) {
    const [kind, detail = "", ...words] = fields.do.split("|");
    fields.kind = kind;
    fields[{ click: "key", view: "url", scan: "scene" }[kind] ?? "id"] = detail;
    if (words.length) fields.text = words.join("|");
    delete fields.do;
  }
  return fields;
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (new URL(form.action).pathname !== `${base}/send`) return;
  event.preventDefault();
  const fields = fieldsOf(form, event.submitter);
  if (form === compose) {
    if (!fields.text.trim()) return;
    text.value = "";
  }
  for (const open of document.querySelectorAll("details[open]")) open.open = false;
  if (location.hash === "#platform") location.hash = "end";
  send(fields);
  if (form === compose) text.focus();
});

text.addEventListener("keydown", (event) => {
  // While a Chinese input method composes, Enter chooses its word.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  compose.requestSubmit();
});

document.addEventListener("click", (event) => {
  const view = event.target.closest("[data-view]");
  if (view) send({ kind: "view", url: view.dataset.view });
  for (const open of document.querySelectorAll("details[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const open of document.querySelectorAll("details[open]")) open.open = false;
});
const album = document.getElementById("photo");
album.addEventListener("change", () => { if (album.files.length) album.form.requestSubmit(); });
more.addEventListener("toggle", toEnd);
addEventListener("resize", toEnd);
toEnd();
