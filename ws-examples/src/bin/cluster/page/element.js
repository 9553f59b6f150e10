// Elements, made and changed in few words.

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

export function button(label, title, click) {
  const made = element("button", "small", label);
  made.type = "button";
  made.title = title;
  made.addEventListener("click", click);
  return made;
}

/** Changes only what is new: what stands there stays selected, and is not read aloud again. */
export function set(part, text) {
  if (part.textContent !== text) part.textContent = text;
}

export function plural(count, one, many) {
  return `${count} ${count === 1 ? one : many}`;
}
