// SVG as text. Escaping happens here and nowhere else.

type Attributes = Readonly<Record<string, string | number | undefined>>;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeText = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]!);

// Hundredths of a pixel are finer than any screen and keep files small.
const attributeValue = (value: string | number): string =>
  typeof value === 'number' ? String(Math.round(value * 100) / 100) : escapeText(value);

/** One element; children are already SVG. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const list = Object.entries(attributes)
    .filter((pair): pair is [string, string | number] => pair[1] !== undefined)
    .map(([key, value]) => ` ${key}="${attributeValue(value)}"`)
    .join('');
  return children.length === 0 ? `<${name}${list}/>` : `<${name}${list}>${children.join('')}</${name}>`;
}

export const group = (attributes: Attributes, ...children: readonly string[]): string =>
  element('g', attributes, ...children);

/** A line of text; `\n` starts a new line below it. */
export function text(content: string, attributes: Attributes & { x: number; y: number }): string {
  const size = Number(attributes['font-size'] ?? theme.size.text);
  const lines = content.split('\n');
  if (lines.length === 1) return element('text', attributes, escapeText(content));
  const spans = lines.map((line, index) =>
    element('tspan', { x: attributes.x, dy: index === 0 ? undefined : size * theme.lineHeight }, escapeText(line)),
  );
  return element('text', attributes, ...spans);
}

/** A whole file: white ground (so that it reads on a dark page too), one font, a title for screen readers. */
export function svgDocument(
  { width, height, title }: { width: number; height: number; title: string },
  ...children: readonly string[]
): string {
  const root = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}`,
      width: Math.round(width),
      height: Math.round(height),
      role: 'img',
      'font-family': theme.font,
      'font-size': theme.size.text,
      fill: theme.ink,
    },
    element('title', {}, escapeText(title)),
    element('rect', { width: '100%', height: '100%', fill: theme.ground }),
    ...children.map((child) => `\n${child}`),
  );
  return `${root}\n`;
}

/** Width of a text in pixels, near enough to place labels: the font is not known here. */
export const textWidth = (content: string, size: number): number =>
  Math.max(...content.split('\n').map((line) => line.length)) * size * 0.57;

/** Line and text colours that stay apart for colour-blind readers (Okabe and Ito); text is darker for contrast. */
export interface Hue {
  readonly line: string;
  readonly text: string;
}

export const theme = {
  font: "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif",
  size: { title: 18, subtitle: 14, text: 13, small: 12 },
  lineHeight: 1.25,
  ground: '#ffffff',
  ink: '#1f2328',
  quiet: '#57606a',
  grid: '#e4e7eb',
} as const;

export const hues = {
  blue: { line: '#0072b2', text: '#005a8c' },
  vermillion: { line: '#d55e00', text: '#a84900' },
  green: { line: '#009e73', text: '#006e50' },
  purple: { line: '#cc79a7', text: '#94406e' },
  orange: { line: '#e69f00', text: '#8a5f00' },
  sky: { line: '#56b4e9', text: '#1b6ca8' },
  grey: { line: '#6e7781', text: '#57606a' },
} as const satisfies Record<string, Hue>;
