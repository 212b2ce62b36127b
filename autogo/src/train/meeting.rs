//! A place where the threads of one network wait for each other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Turns of the loop that waits before it leaves the processor to others: a few tens of microseconds. The pieces of a
/// batch are equal, so the wait is short, and a thread that sleeps wakes later than that.
const TURNS: usize = 2_000;

/// A place where some threads wait until all have arrived, as often as they like.
#[derive(Debug)]
pub(super) struct Meeting {
    threads: usize,
    arrived: AtomicUsize,
    round: AtomicUsize,
    is_off: AtomicBool,
}

/// Another thread of the meeting has left: it failed.
#[derive(Debug)]
pub(super) struct Off;

/// A thread's place in a meeting. A thread that leaves without [`Seat::finish`] calls the meeting off, so that no other
/// thread waits for it.
#[derive(Debug)]
pub(super) struct Seat<'a>(Option<&'a Meeting>);

impl Meeting {
    /// A meeting of `threads` threads.
    pub fn of(threads: usize) -> Meeting {
        let zero = || AtomicUsize::new(0);
        Meeting { threads, arrived: zero(), round: zero(), is_off: AtomicBool::new(false) }
    }

    /// A thread's place.
    pub fn seat(&self) -> Seat<'_> {
        Seat(Some(self))
    }

    fn wait(&self) -> Result<(), Off> {
        if self.threads < 2 {
            return Ok(());
        }
        // The round ends after this thread has arrived, not before.
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Release);
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return Ok(());
        }
        let mut turns = 0;
        while self.round.load(Ordering::Acquire) == round {
            if self.is_off.load(Ordering::Acquire) {
                return Err(Off);
            }
            turns += 1;
            if turns < TURNS { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        Ok(())
    }
}

impl Seat<'_> {
    /// Waits until all threads wait.
    ///
    /// # Errors
    /// Another thread has left.
    pub fn wait(&self) -> Result<(), Off> {
        self.0.map_or(Ok(()), Meeting::wait)
    }

    /// Leaves when all is done.
    pub fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        if let Some(meeting) = self.0 {
            meeting.is_off.store(true, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_goes_on_before_all_have_arrived() {
        let (meeting, done) = (Meeting::of(3), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let seat = meeting.seat();
                    for round in 1..=200 {
                        done.fetch_add(1, Ordering::SeqCst);
                        seat.wait().unwrap();
                        assert!(done.load(Ordering::SeqCst) >= 3 * round);
                        seat.wait().unwrap();
                    }
                    seat.finish();
                });
            }
        });
        assert_eq!(done.load(Ordering::SeqCst), 600);
    }

    #[test]
    fn a_thread_that_fails_keeps_nobody_waiting() {
        let meeting = Meeting::of(2);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| meeting.seat().wait());
            drop(meeting.seat());
            assert!(waits.join().unwrap().is_err());
        });
    }
}
