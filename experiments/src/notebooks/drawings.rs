//! Drawings in HTML, and pictures with a drawing as their data.
//!
//! Code hosts show pictures but drop drawings inside HTML, so committed notebooks hold pictures. In a picture nothing says
//! more when a pointer rests on it, so pages hold the drawings again.

use base64::prelude::{BASE64_STANDARD, Engine};

/// The end of a drawing.
const END: &str = "</svg>";
/// What stands before a picture's data; a quote ends them.
const BEFORE_DATA: &str = " src=\"data:image/svg+xml;base64,";

/// HTML in which every drawing is the data of a picture of the same size.
pub fn pictures_for_drawings(html: &str) -> String {
    let mut made = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<svg") {
        let Some(length) = rest[start..].find(END) else { break };
        let (before, drawing) = (&rest[..start], &rest[start..start + length + END.len()]);
        rest = &rest[start + drawing.len()..];
        let tag = drawing.split('>').next().unwrap_or(drawing);
        let attribute = |name: &str| {
            let (_, value) = tag.split_once(&format!(" {name}=\""))?;
            value.split('"').next().filter(|value| !value.is_empty())
        };
        made.push_str(before);
        made.push_str("<img");
        for (name, value) in [("width", attribute("width")), ("alt", attribute("aria-label"))] {
            if let Some(value) = value {
                made.push_str(&format!(" {name}=\"{value}\""));
            }
        }
        made += &[" style=\"max-width:100%\"", BEFORE_DATA, &BASE64_STANDARD.encode(drawing), "\">"].concat();
    }
    made + rest
}

/// HTML in which every picture that [`pictures_for_drawings`] made is the drawing again, also where nbconvert has put its
/// attributes into another order. Any other picture stays.
pub fn drawings_for_pictures(html: &str) -> String {
    let mut made = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<img") {
        made.push_str(before);
        rest = match drawing_of(after) {
            Some((drawing, after)) => {
                made.push_str(&drawing);
                after
            }
            None => {
                made.push_str("<img");
                after
            }
        };
    }
    made + rest
}

/// The drawing in a picture's data, and the text behind the picture; `text` starts behind `<img`.
fn drawing_of(text: &str) -> Option<(String, &str)> {
    let (tag, rest) = text.split_once('>')?;
    let (data, _) = tag.split_once(BEFORE_DATA)?.1.split_once('"')?;
    let drawing = String::from_utf8(BASE64_STANDARD.decode(data).ok()?).ok()?;
    (drawing.starts_with("<svg") && drawing.ends_with(END)).then_some((drawing, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWING: &str = "<svg xmlns=\"x\" width=\"700\" height=\"9\" aria-label=\"two ops\"><title>é</title></svg>";

    #[test]
    fn a_drawing_becomes_a_picture_of_its_size_and_a_drawing_again() {
        let html = format!("<p>a</p>\n{DRAWING}b{DRAWING}<img src=\"x.png\">c");
        let pictures = pictures_for_drawings(&html);
        let (tag, data) = pictures.split_once("base64,").unwrap();
        let size = "<img width=\"700\" alt=\"two ops\"";
        assert_eq!(tag, format!("<p>a</p>\n{size} style=\"max-width:100%\" src=\"data:image/svg+xml;"));
        let drawing = BASE64_STANDARD.decode(data.split('"').next().unwrap()).unwrap();
        assert_eq!(String::from_utf8(drawing).unwrap(), DRAWING);
        assert_eq!(drawings_for_pictures(&pictures), html);
        // As nbconvert writes a picture: attributes by name, a text where there is none.
        let data = BASE64_STANDARD.encode(DRAWING);
        let sorted = format!("<img alt=\"no text\"{BEFORE_DATA}{data}\" style=\"max-width:100%\" width=\"700\"/>b");
        assert_eq!(drawings_for_pictures(&sorted), format!("{DRAWING}b"));
    }

    #[test]
    fn what_is_no_drawing_and_no_picture_of_one_stays() {
        let data = |text: &str| format!("<img{BEFORE_DATA}{}\">", BASE64_STANDARD.encode(text));
        for html in ["a<svg b", "a<img", "<img src=\"x\">", &data("no drawing"), &data(DRAWING).replace("PHN2", "?")] {
            assert_eq!((pictures_for_drawings(html), drawings_for_pictures(html)), (html.into(), html.into()));
        }
        // The size of one picture does not reach over to the data of another.
        let two = format!("<img src=\"x\">{}", pictures_for_drawings(DRAWING));
        assert_eq!(drawings_for_pictures(&two), format!("<img src=\"x\">{DRAWING}"));
    }
}
