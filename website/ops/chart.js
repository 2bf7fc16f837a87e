// A small chart of one figure over the last minutes. Its numbers are beside it in words, so it is only a picture.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 150;
const HEIGHT = 36;

export function chart() {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "chart");
  svg.setAttribute("aria-hidden", "true");
  svg.append(line);
  return {
    element: svg,
    /** The newest is at the right; the largest is at the top. */
    show(numbers) {
      const largest = Math.max(...numbers, 1);
      const left = WIDTH - numbers.length + 1;
      const points = numbers.map((value, index) => {
        const y = HEIGHT - 1 - (value / largest) * (HEIGHT - 2);
        return `${left + index},${y.toFixed(1)}`;
      });
      line.setAttribute("d", points.length > 1 ? `M${points.join("L")}` : "");
    },
  };
}
