"""The pages of `cargo autogo docs` in a real browser, at two widths, light and dark: charts and tables are there and not
empty, nothing is wider than the page, no character is missing, and the ops of drawn networks answer a pointer.

`python tests/pages.py FOLDER` takes the folder that was written. Needs Chromium and ChromeDriver (`chromium.py`). Writes
screenshots to notebooks/html/browser.
"""

import pathlib
import sys

from chromium import PICTURES, Browser, wait

# What is wrong with the page that is open: a list of sentences.
EXAMINE = r"""
const wrong = [], page = document.documentElement;
const shown = element => element.getClientRects().length > 0;
if (page.scrollWidth > window.innerWidth + 1) {
    const wide = [...document.querySelectorAll('body *')].filter(shown).find(element => {
        for (let up = element.parentElement; up; up = up.parentElement)
            if (getComputedStyle(up).overflowX !== 'visible') return false;
        return element.getBoundingClientRect().right > window.innerWidth + 1;
    });
    wrong.push(`is ${page.scrollWidth} pixels wide: ${wide ? wide.outerHTML.slice(0, 120) : '?'}`);
}
for (const image of document.images)
    if (!image.complete || image.naturalWidth === 0) wrong.push(`has an empty picture: ${image.outerHTML.slice(0, 120)}`);
for (const table of document.querySelectorAll('table')) {
    const cells = [...table.querySelectorAll('td')];
    if (!cells.some(cell => cell.textContent.trim() || cell.querySelector('img, svg')))
        wrong.push(`has an empty table: ${table.outerHTML.slice(0, 120)}`);
}
const text = document.body.innerText;
if (text.includes('\uFFFD')) wrong.push(`lacks a character: …${text.substr(text.indexOf('\uFFFD') - 20, 40)}…`);
const charts = document.querySelectorAll('main svg, main img, .jp-OutputArea svg, .jp-OutputArea img').length;
return [wrong, charts, document.querySelectorAll('table').length, document.querySelectorAll('svg g > title').length];
"""


def check(site, width, height, dark):
    name = f"{width}-{'dark' if dark else 'light'}"
    pages = sorted(page for page in site.rglob("*.html") if "api" not in page.relative_to(site).parts)
    assert pages, f"{site} holds no pages"
    browser, wrong, charts, tables, answers = Browser(width, height, dark), [], 0, 0, 0
    try:
        for page in pages:
            browser.open(page.as_uri())
            wait(lambda: browser.run("return document.readyState") == "complete", f"{page}")
            found, of_charts, of_tables, of_answers = browser.run(EXAMINE)
            place = page.relative_to(site)
            wrong += [f"{name}: {place} {one}" for one in found]
            charts, tables, answers = charts + of_charts, tables + of_tables, answers + of_answers
            # A page of a notebook whose cells were executed shows something.
            if place.parts[0] == "notebooks" and place.parts[1][:2].isdigit() and of_charts + of_tables == 0:
                wrong.append(f"{name}: {place} shows no chart and no table")
            browser.picture(f"site-{'-'.join(place.with_suffix('').parts)}-{name}")
    finally:
        browser.close()
    print(f"{name}: {len(pages)} pages, {charts} charts and drawings, {tables} tables, {answers} ops that answer a pointer")
    if answers == 0:
        wrong.append(f"{name}: no op of a drawing answers a pointer")
    return wrong


site = pathlib.Path(sys.argv[1]).resolve()
wrong = [one for width, height in ((1280, 900), (390, 844)) for dark in (False, True) for one in check(site, width, height, dark)]
print(f"screenshots in {PICTURES}")
sys.exit("\n".join(["error:", *wrong]) if wrong else 0)
