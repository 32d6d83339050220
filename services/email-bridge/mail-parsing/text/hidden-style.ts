/**
 * Tells what CSS does to the visibility of an element. Only what hides it in every mail program counts: a wrong guess
 * would lose the sender's words.
 */

/** The declarations in lower case, without comments and white space, and with escapes (`d\69 splay`) resolved. */
const declarations = (style: string): string =>
  `;${style
    .slice(0, 2_000)
    .replace(/\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//g, '')
    .replace(/\\([0-9a-f]{1,6})\s?/gi, (_, hex: string) => codePoint(Number.parseInt(hex, 16)))
    .replace(/\s+/g, '')
    .toLowerCase()};`;

const codePoint = (code: number): string => (code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '');

const UNIT = '(?:px|pt|em|rem|%|ex|vh|vw)?';
const END = '(?:!important)?;';
const HIDES = new RegExp(
  [
    'display:none',
    'content-visibility:hidden',
    String.raw`opacity:0*(?:\.0\d*)?%?${END}`,
    String.raw`filter:opacity\(0*(?:\.0\d*)?%?\)`,
    String.raw`zoom:0*(?:\.0*)?%?${END}`,
    'color:transparent',
    String.raw`color:rgba\(\d+,\d+,\d+,0*(?:\.0+)?\)`,
    String.raw`(?:left|top|right|margin-left|margin-top):-\d{3,}`,
    String.raw`text-indent:-(?:\d{3,}|\d{2,}(?:\.\d*)?(?:em|rem|vw|%))`,
    String.raw`clip:rect\((?:[01](?:px)?,?){4}\)`,
    String.raw`clip-path:(?:inset\((?:50|100)%|circle\(0|polygon\(00,00,00)`,
    '-webkit-text-fill-color:transparent',
    String.raw`transform:scale[xy]?\(0(?:,0)?\)`,
    String.raw`transform:translate[xy]?\((?:[^,)]{0,20},)?-\d{3,}`,
  ]
    .map((one) => `;${one}`)
    .join('|'),
);
const EMPTY_BOX = new RegExp(String.raw`;(?:max-)?(?:height|width):[+-]?(?:0*\.?0*${UNIT}|1(?:px|pt)?)${END}`);

/** Whether the declarations of a `style` attribute or of a rule hide the element and everything in it. */
export function hidesElement(style: string): boolean {
  if (style === '') return false;
  const text = declarations(style);
  // An element without size still shows its overflowing content, unless the style clips it.
  return HIDES.test(text) || (EMPTY_BOX.test(text) && /;overflow(?:-[xy])?:(?:hidden|clip)/.test(text));
}

/** Elements inside inherit it, and may be visible again. undefined if the style does not say. */
export function isInvisible(style: string): boolean | undefined {
  if (!/visib/i.test(style)) return undefined;
  const value = /;visibility:(hidden|collapse|visible)/.exec(declarations(style))?.[1];
  return value === undefined ? undefined : value !== 'visible';
}

const FONT_SIZE = /;font(?:-size)?:(?:[^;]*?\b)??([\d.]+)(px|pt|em|rem|%)?(?=[;!/])/;

/**
 * Whether the text is too small to be read; elements inside inherit the size. undefined if the style sets no size.
 *
 * Kept apart from hidden elements: many layouts put a frame of font size 0 around columns that set their own size, to
 * remove the gaps.
 */
export function isTinyText(style: string): boolean | undefined {
  if (!/font/i.test(style)) return undefined;
  const size = FONT_SIZE.exec(declarations(style));
  if (!size) return undefined;
  const value = Number(size[1]);
  if (/^(?:em|rem)$/.test(size[2] ?? '')) return value <= 0.1;
  return value === 0 || ((size[2] ?? 'px') === 'px' && value <= 1) || (size[2] === 'pt' && value <= 1);
}

/** A colour as red, green and blue; `unknown` for a picture or a colour that cannot be told. */
export type Colour = readonly [number, number, number] | 'unknown';

export interface Painting {
  readonly text?: Colour | undefined;
  readonly ground?: Colour | undefined;
}

/** The colours that a style sets; an element's attributes are given as one. */
export function paintingOf(style: string): Painting {
  if (!/colou?r|background/i.test(style)) return {};
  const text = declarations(style);
  const ink = /;color:([^;!]{1,60})/.exec(text)?.[1];
  const ground = /;background(?:-color)?:([^;!]{1,200})/.exec(text)?.[1];
  const isPicture = /;background(?:-image)?:[^;]{0,200}(?:url|gradient)\(/.test(text);
  return {
    text: ink === undefined || ink === 'inherit' ? undefined : colourOf(ink),
    ground: isPicture
      ? 'unknown'
      : ground === undefined || /^(?:none|transparent|inherit|initial)/.test(ground)
        ? undefined
        : colourOf(ground),
  };
}

const NAMED: Record<string, Colour> = {
  white: [255, 255, 255],
  black: [0, 0, 0],
  snow: [255, 250, 250],
  ivory: [255, 255, 240],
  ghostwhite: [248, 248, 255],
  whitesmoke: [245, 245, 245],
};

function colourOf(text: string): Colour {
  const hex = /#([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])/.exec(text)?.[1];
  if (hex !== undefined) {
    const digits =
      hex.length === 3 ? [...hex].map((one) => one + one) : [hex.slice(0, 2), hex.slice(2, 4), hex.slice(4)];
    const [red = 0, green = 0, blue = 0] = digits.map((one) => Number.parseInt(one, 16));
    return [red, green, blue];
  }
  const rgb = /^rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})(?:,1(?:\.0*)?)?\)/.exec(text);
  if (rgb) return [Number(rgb[1]), Number(rgb[2]), Number(rgb[3])];
  return NAMED[text] ?? 'unknown';
}

/** Nobody can tell the letters from the paper. */
export function isInkOfPaper(text: Colour, ground: Colour): boolean {
  if (text === 'unknown' || ground === 'unknown') return false;
  return text.every((channel, at) => Math.abs(channel - (ground[at] as number)) <= 12);
}
