"use strict";
(() => {
  const root = document.documentElement;
  const find = (query) => document.querySelector(query);
  const list = find("#updates");
  const cards = list ? [...list.children] : [];
  const search = find("#search");
  const facets = [...document.querySelectorAll("[data-facet]")];
  const help = find("#help");
  const chosen = { part: new Set(), kind: new Set(), account: new Set(), cause: new Set(), risk: new Set() };
  const texts = new Map();

  const readText = (card) => {
    if (!texts.has(card)) texts.set(card, card.textContent.toLowerCase());
    return texts.get(card);
  };
  const fits = (card, name) => {
    const wanted = chosen[name];
    if (!wanted.size) return true;
    const own = card.dataset[name];
    return (name === "cause" || name === "risk" ? own.split("|") : [own]).some((value) => wanted.has(value));
  };
  const shown = () => cards.filter((card) => !card.hidden);

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const card of cards) {
      const visible = Object.keys(chosen).every((name) => fits(card, name))
        && words.every((word) => readText(card).includes(word));
      if (card.hidden === visible) card.hidden = !visible;
      count += visible;
    }
    for (const button of facets) button.setAttribute("aria-pressed", chosen[button.dataset.facet].has(button.dataset.value));
    const all = count === cards.length;
    find("#shown").textContent = all ? `${count.toLocaleString("en")}` : `${count.toLocaleString("en")} of ${cards.length.toLocaleString("en")}`;
    find("#empty").hidden = count > 0;
    find("#clear").hidden = all && !words.length && Object.values(chosen).every((values) => !values.size);
  };

  const keep = () => {
    const state = new URLSearchParams();
    if (search.value) state.set("q", search.value);
    for (const [name, values] of Object.entries(chosen)) for (const value of values) state.append(name, value);
    if (root.dataset.diff === "side") state.set("diff", "side");
    const hash = state.size ? `#${state}` : "#";
    if (location.hash !== hash) history.replaceState(null, "", hash);
  };
  const restore = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    search.value = state.get("q") || "";
    for (const name of Object.keys(chosen)) chosen[name] = new Set(state.getAll(name));
    setDiff(state.get("diff") === "side" ? "side" : "inline");
    filter();
  };
  const change = () => { filter(); keep(); };
  const clear = () => {
    search.value = "";
    for (const values of Object.values(chosen)) values.clear();
    change();
  };

  const setDiff = (mode) => {
    root.dataset.diff = mode;
    for (const button of document.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", button.dataset.mode === mode);
  };
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const setTheme = (theme) => {
    root.dataset.theme = theme;
    try { localStorage.setItem("reconciler-theme", theme); } catch { /* a file without storage keeps the theme for this visit */ }
  };
  const openAll = (open) => { for (const card of shown()) card.open = open; };

  const step = (by) => {
    const visible = shown();
    if (!visible.length) return;
    const here = visible.indexOf(document.activeElement.closest?.(".card"));
    const next = here < 0 ? (by > 0 ? 0 : visible.length - 1) : Math.min(Math.max(here + by, 0), visible.length - 1);
    const summary = visible[next].querySelector("summary");
    summary.focus({ preventScroll: true });
    summary.scrollIntoView({ block: "nearest", behavior: "instant" });
  };

  const acts = {
    clear, help: () => help.showModal(), open: () => openAll(true), close: () => openAll(false),
    theme: () => setTheme(isDark() ? "light" : "dark"),
  };
  const keys = {
    "/": () => { const panel = find("#filters"); panel.open = true; search.focus(); search.select(); },
    j: () => step(1), k: () => step(-1), e: () => openAll(true), c: () => openAll(false), t: acts.theme, "?": acts.help,
    d: () => { setDiff(root.dataset.diff === "side" ? "inline" : "side"); keep(); },
    o: () => { const card = document.activeElement.closest?.(".card"); if (card) card.open = !card.open; },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { facet, value, mode, act } = button.dataset;
    if (facet) { if (!chosen[facet].delete(value)) chosen[facet].add(value); change(); }
    if (mode) { setDiff(mode); keep(); }
    if (act) acts[act]();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement === search) { search.value ? (search.value = "", change()) : search.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || event.target.closest("input")) return;
    if (cards.length === 0 && event.key !== "t" && event.key !== "?") return;
    if (Object.hasOwn(keys, event.key)) { event.preventDefault(); keys[event.key](); }
  });

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const part of folded) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of folded) part.open = false; folded = []; });

  try { const theme = localStorage.getItem("reconciler-theme"); if (theme === "dark" || theme === "light") root.dataset.theme = theme; } catch { /* as above */ }
  for (const part of document.querySelectorAll(".needs-script")) part.hidden = false;
  const picture = find("#picture");
  const showTouched = () => {
    find("#scrolls").hidden = picture.scrollWidth <= picture.clientWidth;
    const box = (picture.querySelector(".rerouted rect") ?? picture.querySelector(".touched rect")).getBoundingClientRect(), frame = picture.getBoundingClientRect();
    picture.scrollLeft += box.left - frame.left - (frame.width - box.width) / 2;
  };
  if (picture) { showTouched(); addEventListener("resize", showTouched); }
  if (!search) return;
  if (innerWidth <= 920) find("#filters").open = false;
  let timer = 0;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(change, cards.length > 200 ? 80 : 0); });
  addEventListener("hashchange", restore);
  restore();
})();
