// Visitors load this file as it is. drawing.rs says what each function is for.

const MARK = {
  fill: "rgb(0, 0, 0)", "fill-opacity": "1", stroke: "none", "stroke-width": "1px", "stroke-opacity": "1", "stroke-dasharray": "none",
  "stroke-linecap": "butt", "stroke-linejoin": "miter", opacity: "1", "paint-order": "normal",
};
const TEXT = { ...MARK, "font-family": "", "font-size": "", "font-weight": "400", "font-variant-numeric": "normal" };
const { fill: _, ...WORDS } = TEXT;
const GROUP = { opacity: "1" };

const SVG = "http://www.w3.org/2000/svg";
const BASE = 0.788;

function made(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

function look(element, names, rules) {
  const style = getComputedStyle(element);
  const value = (name) => style.getPropertyValue(name).replace(/url\("?[^#]*(#[^")]+)"?\)/, "url($1)");
  const rule = Object.keys(names).filter((name) => value(name) !== names[name]).map((name) => `${name}:${value(name)}`).join(";");
  if (!rules.has(rule)) rules.set(rule, `c${rules.size}`);
  return rules.get(rule);
}

function copied(element, rules) {
  const copy = element.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll("*")];
  for (const [at, one] of [element, ...element.querySelectorAll("*")].entries()) {
    const names = one.tagName === "text" ? TEXT : /^(g|svg|pattern)$/.test(one.tagName) ? GROUP : MARK;
    copies[at].setAttribute("class", look(one, names, rules));
  }
  return copy;
}

export function layoutAsSvg() {
  const drawing = document.querySelector(".plot svg.drawing");
  const scale = (drawing?.getBoundingClientRect().width ?? 0) / (drawing?.width.baseVal.value || 1);
  if (!scale) return "";
  const rules = new Map();
  const seen = [];
  const box = (place) => {
    const { left, top, width, height } = place.getBoundingClientRect();
    const found = { x: left / scale, y: top / scale, width: width / scale, height: height / scale };
    if (width) seen.push(found);
    return found;
  };
  const parts = [];
  for (const svg of [document.querySelector("svg.names"), drawing]) {
    const place = svg && box(svg);
    if (!place?.width) continue;
    const copy = copied(svg, rules);
    for (const key of ["x", "y"]) copy.setAttribute(key, place[key]);
    parts.push(copy);
  }
  for (const words of document.querySelectorAll(".ledger :is(h3, dt, dd, p)")) {
    const range = document.createRange();
    range.selectNodeContents(words);
    const { x, y, height } = box(range);
    const fill = getComputedStyle(words).color;
    parts.push(made("text", { x, y: y + BASE * height, fill, class: look(words, WORDS, rules) }, words.textContent));
  }
  for (const [css, part] of [[".ledger h3", 1], [".ledger .in-all", 0]]) {
    const line = document.querySelector(css);
    const { x, y, width, height } = box(line);
    parts.push(made("path", { d: `M${x} ${y + part * height}h${width}`, stroke: getComputedStyle(line).color }));
  }
  const [left, top, right, bottom] = [
    Math.min(...seen.map((one) => one.x)), Math.min(...seen.map((one) => one.y)),
    Math.max(...seen.map((one) => one.x + one.width)), Math.max(...seen.map((one) => one.y + one.height)),
  ];
  const pad = 12;
  const [x, y, width, height] = [left - pad, top - pad, right - left + 2 * pad, bottom - top + 2 * pad];
  const defs = made("defs", {});
  const all = () => [...rules.keys()].join();
  for (const id of new Set([...all().matchAll(/url\(#([^)]+)/g)].map((found) => found[1]))) {
    const pattern = document.getElementById(id);
    if (pattern) defs.append(copied(pattern, rules));
  }
  const style = made("style", {}, [...rules].map(([rule, name]) => `.${name}{${rule}}`).join(""));
  const paper = made("rect", { x, y, width, height, fill: getComputedStyle(document.body).backgroundColor });
  const whole = made("svg", { width, height, viewBox: `${x} ${y} ${width} ${height}`, role: "img" });
  whole.append(made("title", {}, "A zenoh payload in ZBytes Lab"), style, defs, paper, ...parts);
  return new XMLSerializer().serializeToString(whole);
}

export async function withFonts(svg) {
  const letters = new Set([...svg].map((letter) => letter.codePointAt(0)));
  const faces = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => [rule.style, sheet.href]))
    .filter(([style]) => style?.getPropertyValue("src"));
  let embedded = "";
  for (const [style, base] of faces) {
    const [family, weight, range, source] = ["font-family", "font-weight", "unicode-range", "src"].map((name) => style.getPropertyValue(name));
    const spans = range.split(",").map((span) => span.replace(/[^0-9a-f-]/gi, "").split("-").map((code) => parseInt(code, 16)));
    const name = family.replace(/["']/g, "");
    const used = svg.includes(name) && (weight === "400" || svg.includes(`font-weight:${weight}`))
      && [...letters].some((letter) => spans.some(([from, to = from]) => letter >= from && letter <= to));
    if (!used) continue;
    const answer = await fetch(new URL(/url\(["']?([^"')]+)/.exec(source)[1], base));
    if (!answer.ok) throw new Error(`the lab has no ${name}`);
    const bytes = btoa(String.fromCharCode(...new Uint8Array(await answer.arrayBuffer())));
    embedded += `@font-face{font-family:"${name}";font-weight:${weight};src:url(data:font/woff2;base64,${bytes}) format("woff2");unicode-range:${range}}`;
  }
  return svg.replace("<style>", (begin) => begin + embedded);
}

export async function asPng(svg) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await withFonts(svg))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  const density = Math.max(2, devicePixelRatio);
  canvas.width = Math.round(image.width * density);
  canvas.height = Math.round(image.height * density);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("the picture is too large"))), "image/png");
  });
}

export function copyAsPng(svg) {
  return navigator.clipboard.write([new ClipboardItem({ "image/png": asPng(svg) })]);
}

export function takesPictures() {
  return isSecureContext && "ClipboardItem" in globalThis;
}
