//! Lines on standard output.

/// Prints a line, as `println!` does. A reader that has gone away (`autogo … | head`) is no reason to complain.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}
