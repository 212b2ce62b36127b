//! The frame of every page that is not made by another program.

/// The entries above every page: name, and place from the top of the site.
const PLACES: [(&str, &str); 6] = [
    ("AutoGO in Rust", "index.html"),
    ("Notebooks", "notebooks/index.html"),
    ("Lessons", "api/autogo/tutorials/index.html"),
    ("API", "api/autogo/index.html"),
    ("Notes", "api/autogo/doc/index.html"),
    ("Results", "experiments/results/index.html"),
];

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#26323f;--page:#fff;--line:#d5dbe1;--soft:#f2f4f7;--link:#0b5394}
@media(prefers-color-scheme:dark){:root{--ink:#dde4ea;--page:#161b21;--line:#3a444f;--soft:#222a33;--link:#8ab9ef}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
nav{display:flex;flex-wrap:wrap;gap:4px 20px;padding:12px max(16px,calc(50vw - 30em));border-bottom:1px solid var(--line)}
nav a:first-child{font-weight:600}
main{max-width:60em;margin:0 auto;padding:8px 16px 60px;overflow-wrap:break-word}
a{color:var(--link)}
h1,h2,h3{line-height:1.25;margin:1.6em 0 .5em}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:14px}
th,td{border-bottom:1px solid var(--line);padding:5px 10px;text-align:left;vertical-align:top}
code,pre{font:13.5px/1.5 ui-monospace,monospace;background:var(--soft);border-radius:4px}
code{padding:1px 4px}
pre{padding:10px 14px;overflow-x:auto}
pre code{padding:0;background:none}
img{max-width:100%;background:#fff}
table.ag,.agw{background:#fff;color:#26323f}
";

/// A page with a title; it lies `depth` folders below the top of the site.
pub fn page(title: &str, body: &str, depth: usize) -> String {
    let up = "../".repeat(depth);
    let places: String = PLACES.iter().map(|(name, place)| format!("<a href=\"{up}{place}\">{name}</a>")).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{}</title><style>{STYLE}</style></head>\n<body><nav>{places}</nav>\n<main>\n{body}\n</main></body></html>\n",
        escape(title)
    )
}

/// Text for HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
