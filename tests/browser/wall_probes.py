"""What a browser is asked about a wall: whether anything is cut off or leaves its panel, and whether all text can be read."""

from __future__ import annotations

#: Boxes whose content does not fit, and words that stand outside their panel. Lines that end in "…" are meant.
OVERFLOWING = """() => {
  const cut = e => { const s = getComputedStyle(e); return s.textOverflow === 'ellipsis' || s.webkitLineClamp !== 'none'; };
  const shown = e => e.checkVisibility() && e.getClientRects().length > 0;
  const name = e => `${e.tagName}.${e.getAttribute('class') || ''} ${(e.textContent || '').slice(0, 40)}`;
  const found = [];
  const inside = (outer, inner) => inner.left >= outer.left - 1.5 && inner.right <= outer.right + 1.5
    && inner.top >= outer.top - 1.5 && inner.bottom <= outer.bottom + 1.5;
  for (const e of document.querySelectorAll('.wall *')) {
    if (!shown(e) || e.closest('svg')) continue;
    const style = getComputedStyle(e);
    // Fonts for Chinese reserve more below a line than its height: a fifth of a letter is nobody's ink.
    const room = parseFloat(style.fontSize) / 5;
    if (style.overflowX !== 'visible' && !cut(e) && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + room))
      found.push(`cut: ${name(e)} ${e.scrollWidth}>${e.clientWidth} ${e.scrollHeight}>${e.clientHeight}`);
    const panel = e.closest('.panel, .header, .bar-of-pages');
    let inCut = false;
    for (let up = e; up && up !== panel; up = up.parentElement) inCut = inCut || cut(up);
    if (panel && panel !== e && !inCut && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
        && !inside(panel.getBoundingClientRect(), e.getBoundingClientRect())) found.push(`outside: ${name(e)}`);
  }
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`page: ${root.scrollWidth}>${innerWidth}`);
  return found;
}"""

#: Text below 4.5:1 (WCAG 2.2, 1.4.3), over the backgrounds behind it; where there is a gradient, its lightest colour.
PALE = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = c => { const [r, g, b] = c.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { const layers = []; for (let up = e; up; up = up.parentElement) layers.push(rgba(getComputedStyle(up).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [20, 35, 63, 1]); };
  const found = [];
  for (const e of document.querySelectorAll('.wall *, #popup *')) {
    if (!e.checkVisibility({visibilityProperty: true}) || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const back = behind(e), front = over(rgba(getComputedStyle(e).color), back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${e.tagName}.${e.getAttribute('class') || ''} ${e.textContent.slice(0, 20)}`);
  }
  return found;
}"""
#: Everything that has the green of compliance, in text or stroke or edge.
GREEN = """() => [...document.querySelectorAll('.wall *')].filter(e => e.checkVisibility()).filter(e => {
  const s = getComputedStyle(e); const green = 'rgb(62, 207, 142)';
  return [s.color, s.stroke, s.borderLeftColor, s.borderTopColor].includes(green)
    && (e.childNodes.length && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || s.stroke === green || s.borderLeftWidth !== '0px' && s.borderLeftColor === green);
}).map(e => e.tagName + '.' + e.getAttribute('class'))"""
