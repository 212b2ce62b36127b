//! Makes a failing `?` say where it stands.
//!
//! For cells with a `?`, evcxr generates a conversion of every error into one of its own, which prints the error. The
//! conversion is told to know its caller, the `?`, and to hand place and error to the kernel.

/// The three ways in which evcxr can print an error (`:efmt`).
const FORMATS: [&str; 3] = ["{}", "{:?}", "{:#?}"];
const CONVERSION: &str = "fn from(error: T) -> Self {";

/// The source of a cell with places in its conversion of errors; no line moves.
pub fn with_places(source: &str) -> String {
    let Some(at) = source.find(CONVERSION) else { return source.into() };
    let (before, conversion) = source.split_at(at);
    for format in FORMATS {
        let print = format!("eprintln!(\"{format}\", error);");
        if conversion.contains(&print) {
            let tell = format!(
                "println!(\"EVCXR_BEGIN_CONTENT event/error {{}}\\n{format}\\nEVCXR_END_CONTENT\", \
                 ::std::panic::Location::caller().line(), error);"
            );
            return format!("{before}#[track_caller] {}", conversion.replacen(&print, &tell, 1));
        }
    }
    source.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conversion_of_errors_knows_its_caller() {
        let source = "struct EvcxrUserCodeError {}\nimpl<T: std::fmt::Display> From<T> for EvcxrUserCodeError {\n  \
                      fn from(error: T) -> Self {\n    eprintln!(\"{}\", error);\n    println!(\"x\");\n";
        let rewritten = with_places(source);
        assert_eq!(rewritten.lines().count(), source.lines().count());
        assert!(
            rewritten.contains("#[track_caller] fn from(error: T)") && rewritten.contains("event/error {}\\n{}\\n")
        );
        assert!(!rewritten.contains("eprintln"));
        assert_eq!(with_places("let x = 1;"), "let x = 1;");
    }
}
