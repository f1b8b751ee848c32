"use strict";
// Shows the values under the pointer. Numbers are read back from the drawn paths, so nothing is stored twice.
for (const plot of document.querySelectorAll(".plot")) {
  const [x0, x1] = plot.dataset.x.split(" ").map(Number);
  const [y0, y1] = plot.dataset.y.split(" ").map(Number);
  const valueX = (place) => x0 + (place / 1000) * (x1 - x0);
  const valueY = (place) => {
    const share = 1 - place / 1000;
    return "log" in plot.dataset ? y0 * Math.pow(y1 / y0, share) : y0 + share * (y1 - y0);
  };
  const lines = [...plot.querySelectorAll(".line")].map((path) => ({
    name: path.dataset.name,
    clipped: path.classList.contains("raw"),
    points: [...path.getAttribute("d").matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map((m) => [+m[1], +m[2]]),
  }));
  const nearest = (points, place) => {
    let low = 0;
    let high = points.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (points[middle][0] < place) low = middle + 1;
      else high = middle;
    }
    return low > 0 && place - points[low - 1][0] < points[low][0] - place ? points[low - 1] : points[low];
  };
  const cursor = document.createElement("div");
  const readout = document.createElement("div");
  cursor.className = "cursor";
  readout.className = "readout";
  cursor.hidden = readout.hidden = true;
  plot.append(cursor, readout);
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const place = Math.min(1000, Math.max(0, (1000 * (event.clientX - box.left)) / box.width));
    const unit = "percent" in plot.dataset ? "%" : "";
    const rows = [plot.dataset.unit + " " + Math.round(valueX(place)).toLocaleString("en")];
    for (const line of lines) {
      const point = nearest(line.points, place);
      const beyond = !line.clipped || point[1] % 1000 ? "" : point[1] ? "≤ " : "≥ ";
      rows.push((line.name ? line.name + "  " : "") + beyond + Number(valueY(point[1]).toPrecision(4)) + unit);
    }
    readout.textContent = rows.join("\n");
    cursor.style.left = place / 10 + "%";
    readout.style.left = place < 600 ? "calc(" + place / 10 + "% + .75rem)" : "";
    readout.style.right = place < 600 ? "" : "calc(" + (100 - place / 10) + "% + .75rem)";
    cursor.hidden = readout.hidden = false;
  });
  plot.addEventListener("pointerleave", () => {
    cursor.hidden = readout.hidden = true;
  });
}
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
