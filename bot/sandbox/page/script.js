// Keeps the page up to date and posts its forms without leaving it. Without this script the forms work as plain ones.
"use strict";
const push = document.getElementById("push"), text = push.elements.text, reload = document.getElementById("reload");
let known = text.value, latest = null, seen = "", asking = false;

const edited = () => text.value !== known;

function show(id, html) {
  const element = document.getElementById(id);
  if (element.innerHTML !== html) element.innerHTML = html;
}

function made(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// Puts a newer picture of an issue in place; what a person is typing in the older one stays.
function replace(old, fresh) {
  fresh.querySelector("details").open = old.querySelector("details").open;
  for (const field of old.querySelectorAll("input")) {
    const twin = fresh.querySelector(`input[name="${field.name}"]`);
    if (twin && field.value !== field.defaultValue) twin.value = field.value;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement.name : "";
  old.replaceWith(fresh);
  if (focused) fresh.querySelector(`[name="${focused}"]`)?.focus();
}

function showIssues(issues) {
  const list = document.getElementById("issues");
  const wanted = issues.map(([id, html]) => [id, made(html)]);
  const ids = new Set(wanted.map(([id]) => id));
  for (const child of [...list.children]) if (!ids.has(child.id)) child.remove();
  let place = list.firstElementChild;
  for (const [id, fresh] of wanted) {
    const old = id && document.getElementById(id);
    if (!old) list.insertBefore(fresh, place);
    else {
      if (old === place) place = old.nextElementSibling;
      else list.insertBefore(old, place);
      if (old.dataset.version !== fresh.dataset.version) replace(old, fresh);
    }
  }
}

function showDocument(fresh) {
  if (fresh.sha === push.elements.sha.value) return;
  latest = fresh;
  if (!edited()) load();
  else reload.hidden = false;
}

function load() {
  const place = [text.scrollTop, text.selectionStart];
  text.value = latest.text;
  known = text.value;
  push.elements.sha.value = latest.sha;
  text.scrollTop = place[0];
  text.setSelectionRange(place[1], place[1]);
  reload.hidden = true;
}

async function look() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(`/state?seen=${seen}`);
    if (answer.status === 200) {
      const state = await answer.json();
      seen = state.seen;
      for (const [id, html] of Object.entries(state.parts)) show(id, html);
      showIssues(state.issues);
      showDocument(state.document);
      const palette = document.getElementById("palette");
      if (!palette.href.endsWith(state.palette)) palette.href = `/labels.css?${state.palette}`;
    }
  } catch {
    show("status", '<span class="state busy" role="status">the demo has ended</span>');
  } finally {
    asking = false;
  }
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target, data = new URLSearchParams(new FormData(form, event.submitter));
  const pushed = form === push ? text.value : null;
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { accept: "application/json" } });
    const { problem, sha } = await answer.json();
    if (!problem && pushed !== null) { known = pushed; push.elements.sha.value = sha; push.elements.message.value = ""; }
    if (!problem && form.action.endsWith("/comment")) form.reset();
  } catch { /* look() says that the demo has ended */ }
  seen = "";
  await look();
});

reload.addEventListener("click", load);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) push.requestSubmit();
});
setInterval(look, 700);
