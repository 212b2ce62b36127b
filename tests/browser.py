"""JupyterLab in a real browser: a notebook is opened, a cell runs, a live bar moves, a failing cell is seen red.

Needs Chromium and ChromeDriver (`chromium.py`) and what `cargo notebooks` prepares. Writes screenshots
to notebooks/html/browser, at two widths, light and dark.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.request

from chromium import PICTURES, Browser, free_port, wait

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
CELLS = [
    "let mut bar = Progress::Live.start(\"training\", 0, 40);\nfor step in 1..=40 {\n    bar.report(step, \"loss 0.1\");\n"
    "    std::thread::sleep(std::time::Duration::from_millis(100));\n}",
    "let mut live = LiveChart::new();\nfor n in 2..12 {\n    let points: Vec<(f64, f64)> = (1..=n).map(|x| (x as f64, 1.0 / x as f64)).collect();\n"
    "    live.show(&Chart::new(\"Training\", \"epoch\", \"loss\").line(\"run\", &points))?;\n"
    "    std::thread::sleep(std::time::Duration::from_millis(250));\n}",
    "let numbers = \"1 2 x\";\nlet sum: i32 = numbers.split(' ').map(|n| n.parse::<i32>()).sum::<Result<i32, _>>()?;",
]


def notebook():
    cells = [{"cell_type": "code", "id": f"c{at}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
             for at, source in enumerate(CELLS)]
    metadata = {"kernelspec": {"name": "autogo-rust", "display_name": "Rust (AutoGO)", "language": "rust"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def check(width, height, dark):
    name = f"{width}-{'dark' if dark else 'light'}"
    file = NOTEBOOKS / ".browser.run.ipynb"
    file.write_text(json.dumps(notebook()))
    port = free_port()
    settings = tempfile.TemporaryDirectory()
    themes = pathlib.Path(settings.name) / "lab/user-settings/@jupyterlab/apputils-extension"
    themes.mkdir(parents=True)
    theme = "JupyterLab Dark" if dark else "JupyterLab Light"
    (themes / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))
    (themes / "notification.jupyterlab-settings").write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    # Folders of its own: what another JupyterLab had open must not open here.
    lab_folder = pathlib.Path(settings.name) / "lab"
    environment = {**os.environ, "JUPYTERLAB_SETTINGS_DIR": str(lab_folder / "user-settings"),
                   "JUPYTERLAB_WORKSPACES_DIR": str(lab_folder / "workspaces")}
    lab = subprocess.Popen(
        [NOTEBOOKS / ".venv/bin/jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=",
         "--ContentsManager.allow_hidden=True", f"--ServerApp.root_dir={NOTEBOOKS}", "--LabApp.news_url="],
        cwd=NOTEBOOKS, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    browser = None
    try:
        wait(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5), "JupyterLab")
        browser = Browser(width, height, dark)
        # On a narrow page the list of files would leave no room: one document alone, as a telephone shows it.
        browser.open(f"http://127.0.0.1:{port}/{'lab' if width > 600 else 'doc'}/tree/{file.name}")
        seen = browser.run("return window.innerWidth")
        assert seen == width, f"the page is {seen} pixels wide, not {width}"
        count = "return document.querySelectorAll('.jp-Notebook .jp-CodeCell').length"
        wait(lambda: browser.run(count) == len(CELLS), "the notebook")
        wait(lambda: browser.run("return !!document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=\"idle\"]')"), "the kernel")

        prompt = "return document.querySelectorAll('.jp-Notebook .jp-CodeCell')[arguments[0]].querySelector('.jp-InputPrompt').textContent"

        def run_cell(at):
            # A key is lost while JupyterLab still moves the focus: it is pressed again until the cell has a star or a number.
            for _ in range(6):
                browser.run("document.querySelectorAll('.jp-Notebook .jp-CodeCell .cm-content')[arguments[0]].focus()", at)
                browser.keys("\ue009", "\ue007")  # Ctrl-Enter
                pressed = time.time()
                while time.time() - pressed < 5:
                    if browser.run(prompt, at).strip("[]: "):
                        return
                    time.sleep(0.05)
            raise AssertionError(f"cell {at} does not run")

        output = "const cell = document.querySelectorAll('.jp-Notebook .jp-CodeCell')[arguments[0]]; return cell.querySelector('.jp-OutputArea')"
        run_cell(0)
        value = f"{output}.querySelector('progress')?.value"
        seen = set()
        wait(lambda: seen.add(browser.run(value.replace(").querySelector", ")?.querySelector"), 0)) or (40 in seen), "the end of the bar")
        moving = sorted(one for one in seen if one is not None)
        assert len(moving) >= 4, f"the bar was seen at {moving} only"
        print(f"{name}: the bar was seen at {moving}")
        run_cell(1)
        points = f"{output}?.querySelectorAll('svg circle').length ?? 0"
        seen = set()
        wait(lambda: seen.add(browser.run(points, 1)) or browser.run("return document.querySelectorAll('.jp-Notebook .jp-CodeCell')[1].querySelector('.jp-InputPrompt').textContent", ) .strip("[]: *").isdigit(), "the chart")
        assert len(seen) >= 3, f"the chart was seen with {sorted(seen)} points only"
        print(f"{name}: the chart was seen with {sorted(seen)} points")
        run_cell(2)
        error = f"{output}?.querySelector('.jp-RenderedText[data-mime-type=\"application/vnd.jupyter.stderr\"], .jp-RenderedText[data-mime-type=\"application/vnd.jupyter.error\"]')?.textContent"
        said = wait(lambda: browser.run(error, 2), "the error")
        assert "invalid digit" in said and "line 2" in said, said
        red = browser.run(f"const found = {output.split('; return ')[0].removeprefix('const cell = ')}.querySelectorAll('.ansi-red-fg, .ansi-red-intense-fg, .jp-RenderedText[data-mime-type*=\"error\"], .jp-RenderedText[data-mime-type*=\"stderr\"]'); return found.length", 2)
        assert red > 0, "the error is not marked"
        time.sleep(0.5)
        browser.run("document.querySelector('.jp-WindowedPanel-outer')?.scrollTo(0, 0)")
        browser.picture(f"{name}-top")
        browser.run("document.querySelectorAll('.jp-Notebook .jp-CodeCell')[2].scrollIntoView({block: 'center'})")
        time.sleep(0.5)
        browser.picture(f"{name}-error")
    except SystemExit:
        # What there was to be seen when something did not come.
        if browser:
            browser.picture(f"{name}-failed")
        raise
    finally:
        if browser:
            browser.close()
        lab.terminate()
        lab.wait()
        file.unlink()


for width, height in ((1280, 900), (390, 844)):
    for dark in (False, True):
        check(width, height, dark)
print(f"screenshots in {PICTURES}")
