//! Asking work that takes long to end early.
//!
//! Loops over generations, epochs and downloads look here between two steps and end with what they have: a search with
//! the front of the generations that are done, a training with the best state so far. The request belongs to the
//! process, as the user's keyboard does; a notebook's kernel makes it when the user presses *interrupt*, and forgets it
//! before the next cell.
//!
//! ```
//! use autogo::interrupt;
//! let mut steps = 0;
//! while steps < 1_000 && !interrupt::is_asked() {
//!     steps += 1;
//!     if steps == 3 {
//!         interrupt::ask(); // another thread, in earnest
//!     }
//! }
//! assert_eq!(steps, 3);
//! interrupt::forget();
//! ```

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Asks running work to end. Work that does not call [`is_asked`] goes on.
pub fn ask() {
    ASKED.store(true, Ordering::Relaxed);
}

/// Whether running work is to end.
pub fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// Takes the request back.
pub fn forget() {
    ASKED.store(false, Ordering::Relaxed);
}
