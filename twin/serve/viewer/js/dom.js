/* Elements in one line, and what is said to those who do not see the page. */

/** An element with attributes, listeners (onclick …) and children; text is always text, never markup. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  fill(element, attributes);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The same for SVG. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  fill(element, attributes);
  element.append(...children.flat(Infinity));
  return element;
}

function fill(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") Object.assign(element.style, value); // a style attribute would need a laxer CSP
    else if (key === "value" || key === "checked") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
}

export const byId = (id) => document.getElementById(id);

/** Say something through the page's live region. */
export function announce(text) {
  const place = byId("announce");
  place.textContent = "";
  // A text that is the same as before is only read again if it was away for a moment.
  setTimeout(() => { place.textContent = text; }, 60);
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

let running = 0;
/** A name for an element that a label or description points to. */
export const freshId = (stem) => `${stem}-${(running += 1)}`;

/** A labelled field: label above, control below, an optional value at the right. */
export function field(label, control, value = null) {
  control.id ||= freshId("field");
  return h("div", { class: "field" }, h("label", { for: control.id }, label, value && " ", value), control);
}

/** A group of radio buttons: options are {value, label, hint}; calls onchange with the value chosen. */
export function choices(legend, name, options, chosen, onchange) {
  return h("fieldset", {}, h("legend", {}, legend), h("div", { class: "choices" }, options.map((option) =>
    h("label", {},
      h("input", { type: "radio", name, value: option.value, checked: option.value === chosen,
        onchange: () => onchange(option.value) }),
      h("span", {}, option.label, option.hint && h("small", {}, option.hint))))));
}

/** A check box with its label. */
export function check(label, checked, onchange, hint = null) {
  return h("div", { class: "choices" }, h("label", {},
    h("input", { type: "checkbox", checked, onchange: (event) => onchange(event.target.checked) }),
    h("span", {}, label, hint && h("small", {}, hint))));
}

/** One call a frame, however often it is asked for. */
export function onceAFrame(work) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; work(); });
  };
}
