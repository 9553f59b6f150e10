// Texts and what is made of them: colours, initials, times, lists, links.

// Without the marks that turn the reading direction: they can make an address look like another.
const LINK = /https?:\/\/[^\s<>"'\u202a-\u202e\u2066-\u2069]+/gi;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "medium" });

/** The same name has the same hue on every screen (FNV-1a, 0 to 359). */
export function hueOf(name) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash % 360;
}

/** What a person would call the first letter, also of "👩‍🚀 Ada". */
export function initialOf(name) {
  const first = Intl.Segmenter
    ? new Intl.Segmenter().segment(name)[Symbol.iterator]().next().value?.segment
    : [...name][0];
  return (first ?? "?").toUpperCase();
}

/** Characters as the server counts them, not UTF-16 units. */
export function lengthOf(text) {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** Half an emoji (a lone surrogate) is no valid JSON for a strict reader. */
export function wellFormed(text) {
  return text.toWellFormed?.() ?? text.replace(/\p{Surrogate}/gu, "\ufffd");
}

export function timeOf(at) {
  const date = new Date(Number.isFinite(at) && Math.abs(at) < 8.64e15 ? at : Date.now());
  return { short: clock.format(date), long: calendar.format(date), machine: date.toISOString() };
}

/** "Ada", "Ada and Bob", "Ada, Bob and Cy" */
export function listOf(names) {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

export function plural(count, one, many) {
  return `${count} ${count === 1 ? one : many}`;
}

/** Text as nodes: what a peer wrote stays text, only whole http(s) addresses become links. */
export function linked(text) {
  const nodes = document.createDocumentFragment();
  let done = 0;
  for (const match of text.matchAll(LINK)) {
    const address = withoutTail(match[0]);
    if (!isWebAddress(address)) continue;
    nodes.append(text.slice(done, match.index), link(address));
    done = match.index + address.length;
  }
  nodes.append(text.slice(done));
  return nodes;
}

/** The full stop after an address ends the sentence, a ")" without its "(" the aside. */
function withoutTail(address) {
  let end = address.length;
  let unopened = [...address].reduce((sum, c) => sum + (c === ")") - (c === "("), 0);
  for (; end > 0; end -= 1) {
    const last = address[end - 1];
    if (last === ")" && unopened > 0) unopened -= 1;
    else if (!".,;:!?]}*_~`".includes(last)) break;
  }
  return address.slice(0, end);
}

function isWebAddress(address) {
  return URL.canParse?.(address) ?? true;
}

function link(address) {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.textContent = address;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  return anchor;
}
