/** An SVG element as text; `undefined` attributes are left out, and numbers rounded to hundredths. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === "number" ? round(value) : escapeText(value)}"`],
  );
  const open = `<${name}${written.join("")}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join("")}</${name}>`;
}

/** A whole picture on a white ground, in the fonts of the page's reader. */
export function picture(width: number, height: number, title: string, ...content: readonly string[]): string {
  const root = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${round(width)} ${round(height)}`,
    width,
    height,
    role: "img",
    "font-family": "system-ui, sans-serif",
    "font-size": 12,
    fill: ink,
  };
  const ground = element("rect", { width, height, fill: "#ffffff" });
  return `${element("svg", root, element("title", {}, escapeText(title)), ground, ...content)}\n`;
}

/** The colour of text. */
export const ink = "#1f2328";
/** The colour of axes' labels. */
export const faint = "#59636e";
/** The colour of grid lines. */
export const hairline = "#e4e8ec";

export function text(
  x: number,
  y: number,
  content: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
): string {
  return element("text", { x, y, ...attributes }, escapeText(content));
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return element("line", { x1, y1, x2, y2, stroke });
}

/** How wide a text of the picture's font is, about. */
export function textWidth(content: string, size = 12): number {
  return content.length * size * 0.56;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

export function escapeText(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
