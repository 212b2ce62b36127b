//! A page printed to a file, by whatever browser there is.

use crate::failure::Failure;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Browsers that print without a window, in the order in which they are looked for.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Prints a page of HTML to a PDF file beside it; returns the file.
pub fn print(page: &Path) -> Result<PathBuf, Failure> {
    let page = std::path::absolute(page).map_err(|error| Failure::work(page, error))?;
    let file = page.with_extension("pdf");
    for browser in BROWSERS {
        let mut command = Command::new(browser);
        command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]);
        command.arg(format!("--print-to-pdf={}", file.display())).arg(format!("file://{}", page.display()));
        match command.stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() && file.is_file() => return Ok(file),
            Ok(status) => return Err(Failure::Work(format!("{browser} ended with {status} and printed nothing"))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::Work(format!("{browser}: {error}"))),
        }
    }
    Err(Failure::Input(format!("no browser that prints is there; accepted: one of {}", BROWSERS.join(", "))))
}
