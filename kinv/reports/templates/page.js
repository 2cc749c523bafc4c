"use strict";
// Sliders: one frame of each is shown. Without this script all frames are, as in print.
document.documentElement.classList.add("scripted");
for (const slider of document.querySelectorAll(".slider")) {
  const frames = [...slider.querySelectorAll(":scope > .frames > .frame")];
  const inputs = [...slider.querySelectorAll(":scope > .control > input[type=range]")];
  const dots = slider.parentElement.querySelectorAll(":scope > svg.curve .dot");
  const show = () => {
    // with two inputs, frames lie row by row: the second input counts within a row
    const index = inputs.reduce((sum, input) => sum * (Number(input.max) + 1) + Number(input.value), 0);
    frames.forEach((frame, place) => { frame.hidden = place !== index; });
    dots.forEach((dot, place) => { dot.classList.toggle("current", place === index); });
    for (const input of inputs) {
      const name = JSON.parse(input.dataset.names)[Number(input.value)];
      input.parentElement.querySelector("output").textContent = name;
      input.setAttribute("aria-valuetext", name);
    }
  };
  inputs.forEach((input) => input.addEventListener("input", show));
  show();
}
// Tables: a click on a column's title sorts by it, a second one the other way round.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const value = (row, column) => {
    const cell = row.cells[column];
    const given = cell.dataset.value;
    return given === undefined ? cell.textContent.trim() : given === "" ? NaN : Number(given);
  };
  [...table.tHead.rows[0].cells].forEach((title, column) => {
    const button = title.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const down = title.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      title.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row, place) => [value(row, column), place, row]);
      rows.sort(([a, i], [b, j]) => {
        if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b) || i - j;
        const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
        return (down ? -order : order) || i - j;
      });
      body.append(...rows.map(([, , row]) => row));
    });
  });
}
