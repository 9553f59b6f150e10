// The rooms, the largest first.

import { count } from "./format.js";

const list = document.getElementById("room-list");
const none = document.getElementById("no-rooms");
const shown = document.getElementById("rooms-shown");

export function showRooms(rooms, all) {
  const most = rooms[0]?.members ?? 1;
  while (list.children.length > rooms.length) list.lastChild.remove();
  while (list.children.length < rooms.length) list.append(row());
  rooms.forEach((room, place) => {
    const [name, bar, members] = list.children[place].children;
    set(name, room.name);
    name.title = room.name;
    bar.firstChild.style.width = `${(room.members / most) * 100}%`;
    set(members, count(room.members));
  });
  none.hidden = rooms.length > 0;
  list.hidden = rooms.length === 0;
  set(shown, rooms.length < all ? `the largest ${rooms.length} of ${count(all)}` : "");
}

function row() {
  const item = document.createElement("li");
  for (const name of ["room-name", "room-bar", "room-members"]) {
    const part = document.createElement("span");
    part.className = name;
    item.append(part);
  }
  item.children[1].append(document.createElement("i"));
  return item;
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
