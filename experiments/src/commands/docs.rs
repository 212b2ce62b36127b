//! `autogo docs`: the documentation as one static folder.

use crate::failure::Failure;
use crate::notebooks::{Checkout, tools};
use crate::site::write_site;
use clap::Parser;
use std::path::PathBuf;

/// Arguments of `autogo docs`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo docs --out site\n\nIt needs what `cargo notebooks` prepares.")]
pub struct Args {
    /// The folder to write; an earlier documentation in it is replaced.
    #[arg(long, value_name = "FOLDER", default_value = "site")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let checkout = Checkout::find()?;
    let site = write_site(&checkout, &tools(&checkout)?, &args.out)?;
    let (pages, links) = (site.pages, site.links);
    say!("{pages} pages beside the API, {links} links lead somewhere: {}", args.out.join("index.html").display());
    Ok(())
}
