//! `autogo predict DIR PICTURES...`: asks a trained network about pictures of one's own.

use crate::failure::Failure;
use autogo::data::Picture;
use autogo::report::predictions_page;
use autogo::train::{Classifier, Prediction};
use clap::Parser;
use std::path::PathBuf;

/// The most pictures of one call.
const MOST: usize = 10_000;

/// Arguments of `autogo predict`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo predict run cat.jpg dog.png --page said.html")]
pub struct Args {
    /// The folder of a training: `--out` of `autogo fit`.
    folder: PathBuf,
    /// PNG and JPEG files, in colour or grey, of any size.
    #[arg(required = true)]
    pictures: Vec<PathBuf>,
    /// Writes a page that shows the pictures with what the network says.
    #[arg(long, value_name = "FILE.html")]
    page: Option<PathBuf>,
    /// Prints every class with its probability, as JSON.
    #[arg(long)]
    json: bool,
}

/// Asks the network.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.pictures.len() > MOST {
        return Err(Failure::Input(format!("{} pictures; accepted: at most {MOST}", args.pictures.len())));
    }
    let mut classifier = Classifier::open(&args.folder)?;
    let (mut said, mut shown): (Vec<Prediction>, Vec<(String, Picture)>) = (Vec::new(), Vec::new());
    for path in &args.pictures {
        let picture = Picture::read(path)?;
        said.extend(classifier.predict(std::slice::from_ref(&picture))?);
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        // One large picture at a time.
        shown.push((name, picture.fitted(classifier.preparation().shape)?));
    }
    if let Some(page) = &args.page {
        let title = format!("What {} says", args.folder.display());
        predictions_page(&title, &shown, &said)?.save(page)?;
    }
    let files = args.pictures.iter().zip(&said);
    if args.json {
        let entries: Vec<serde_json::Value> = files
            .map(|(path, one)| {
                let classes: serde_json::Map<String, serde_json::Value> =
                    one.classes.iter().map(|(class, part)| (class.clone(), (*part).into())).collect();
                serde_json::json!({ "file": path.display().to_string(), "class": one.class(), "probabilities": classes })
            })
            .collect();
        say!("{}", serde_json::Value::from(entries));
        return Ok(());
    }
    for (path, one) in files {
        say!("{}: {} {:.1} %", path.display(), one.class(), 100.0 * one.probability());
    }
    Ok(())
}
