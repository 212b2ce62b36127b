//! Whether every link of a finished site leads somewhere.

use super::Site;
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// Links that are named in a complaint.
const NAMED: usize = 10;

/// Follows every link of every page to another file of the site. Pages of the API are link targets only: rustdoc checks
/// their own. Addresses of other sites are not asked for.
pub fn check(site: &Path) -> Result<Site, Failure> {
    let mut pages = Vec::new();
    collect(site, &mut pages)?;
    let (mut links, mut broken) = (0, Vec::new());
    for page in &pages {
        let text = std::fs::read_to_string(page).map_err(|error| Failure::work(page, error))?;
        for link in links_of(&text) {
            links += 1;
            if !leads(page, &text, link) {
                broken.push(format!("{}: `{link}`", page.strip_prefix(site).unwrap_or(page).display()));
            }
        }
    }
    if broken.is_empty() {
        return Ok(Site { pages: pages.len(), links });
    }
    let (count, named) = (broken.len(), broken.iter().take(NAMED).cloned().collect::<Vec<String>>().join("; "));
    Err(Failure::Work(format!("{count} links lead nowhere: {named}")))
}

/// The pages below a folder, in order; those of the API are left out.
fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::work(folder, error))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<PathBuf>, _>>();
    let mut paths = paths.map_err(|error| Failure::work(folder, error))?;
    paths.sort();
    for path in paths {
        if path.is_dir() && path.file_name().is_some_and(|name| name != "api") {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|ending| ending == "html") {
            pages.push(path);
        }
    }
    Ok(())
}

/// The links of a page: what stands in its `href` and `src` attributes, addresses and data left out.
fn links_of(text: &str) -> impl Iterator<Item = &str> {
    let of =
        |name: &'static str| text.split(name).skip(1).filter_map(|rest| rest.split_once('"').map(|(link, _)| link));
    let is_address = |link: &&str| link.contains("://") || link.starts_with("data:") || link.starts_with("mailto:");
    of(" href=\"").chain(of(" src=\"")).filter(move |link| !is_address(link) && !link.is_empty())
}

/// Whether a link leads to a file of the site, or to a place on its own page.
fn leads(page: &Path, text: &str, link: &str) -> bool {
    let (file, place) = link.split_once('#').map_or((link, None), |(file, place)| (file, Some(place)));
    let has = |text: &str, place: &str| {
        text.contains(&format!("id=\"{place}\"")) || text.contains(&format!("name=\"{place}\""))
    };
    match (file.is_empty(), place) {
        (true, Some(place)) => place.is_empty() || has(text, place),
        (true, None) => false,
        (false, place) => {
            let target = page.parent().unwrap_or(page).join(file);
            let is_there = target.is_file();
            // A place on a page of this site that is text.
            let found = place.filter(|_| is_there && target.extension().is_some_and(|ending| ending == "html"));
            is_there && found.is_none_or(|place| std::fs::read_to_string(&target).is_ok_and(|text| has(&text, place)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_files_and_places_are_followed() {
        let site = std::env::temp_dir().join(format!("autogo-links-{}", std::process::id()));
        std::fs::create_dir_all(site.join("api")).unwrap();
        std::fs::write(site.join("api/lib.html"), "<a id=\"f\" href=\"not-checked.html\">").unwrap();
        std::fs::write(site.join("b.html"), "<h2 id=\"c\">").unwrap();
        let page = |links: &str| std::fs::write(site.join("a.html"), links).unwrap();
        page(
            "<a href=\"b.html#c\"> <a href=\"api/lib.html#f\"> <a href=\"https://x.y\"> <img src=\"data:x\"> <a href=\"b.html\">",
        );
        let found = check(&site).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!((found.pages, found.links), (2, 3));
        for link in ["b.html#d", "c.html", "#nowhere", "api/lib.html#g"] {
            page(&format!("<p>\n<a href=\"{link}\">"));
            let Err(error) = check(&site) else { panic!("{link} leads somewhere") };
            assert_eq!(error.to_string(), format!("1 links lead nowhere: a.html: `{link}`"));
        }
        std::fs::remove_dir_all(site).unwrap();
    }
}
