// Basic accessibility of a page as it is rendered, by the rules of WCAG 2.2 that a program can judge:
// names (4.1.2), one main heading (1.3.1), language (3.1.1), unique ids, contrast of each text (1.4.3).
import type { Page } from 'playwright-core';

/** What is wrong, one line a fault; empty where all is well. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    const visible = (element: Element) => element.checkVisibility({ visibilityProperty: true });
    const describe = (element: Element) => element.outerHTML.slice(0, 140);

    const nameOf = (element: Element): string => {
      const labelled = element.getAttribute('aria-labelledby')?.split(/\s+/) ?? [];
      const by = labelled.map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
      const labels = 'labels' in element ? [...((element.labels as NodeList | null) ?? [])] : [];
      return [
        by,
        element.getAttribute('aria-label') ?? '',
        ...labels.map((label) => label.textContent ?? ''),
        element.textContent ?? '',
        element.getAttribute('title') ?? '',
      ]
        .join('')
        .trim();
    };
    const named =
      'a[href], button, input, select, textarea, dialog[open], [role=dialog], [role=img], section';
    for (const element of document.querySelectorAll(named)) {
      if (visible(element) && nameOf(element) === '') faults.push(`no name: ${describe(element)}`);
    }
    const headings = [...document.querySelectorAll('h1')].filter(visible);
    if (headings.length !== 1) faults.push(`${headings.length} main headings`);
    if (document.documentElement.lang === '') faults.push('no language');
    if (document.querySelectorAll('main').length !== 1) faults.push('not one main');
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    for (const id of ids)
      if (ids.filter((other) => other === id).length > 1) faults.push(`id twice: ${id}`);

    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    /** Any CSS colour as red, green, blue (0 to 255) and alpha (0 to 1). */
    const rgba = (color: string): [number, number, number, number] => {
      if (canvas === null) return [0, 0, 0, 1];
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    };
    const luminance = (color: readonly number[]) => {
      const [red = 0, green = 0, blue = 0] = color.slice(0, 3).map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const groundOf = (element: Element | null): readonly number[] => {
      for (let at = element; at !== null; at = at.parentElement) {
        const color = rgba(getComputedStyle(at).backgroundColor);
        if (color[3] > 0.85) return color;
      }
      return [255, 255, 255];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      if (element === null || (node.textContent ?? '').trim() === '') continue;
      if (!visible(element) || element.closest('.visually-hidden, :disabled, noscript')) continue;
      const style = getComputedStyle(element);
      const [light = 0, dark = 0] = [
        luminance(rgba(style.color)),
        luminance(groundOf(element)),
      ].toSorted((a, b) => b - a);
      const ratio = (light + 0.05) / (dark + 0.05);
      const large = Number.parseFloat(style.fontSize) >= 24;
      if (ratio < (large ? 3 : 4.5)) {
        faults.push(
          `contrast ${ratio.toFixed(2)}: ${(node.textContent ?? '').trim().slice(0, 40)}`,
        );
      }
    }
    return [...new Set(faults)];
  });
}

/** How many pixels the page is wider than its window. */
export async function overflowPx(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
