//! Cycles of a clock that never changes its pace: the processor's time-stamp counter, or the clock that the system
//! names.

use serde::Serialize;
use std::time::Duration;

/// Cycles that passed, whatever the cores did meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cycles {
    /// The number of cycles.
    pub count: f64,
    /// Of which clock: `time-stamp counter`, or `nominal clock`, that is time multiplied by the MHz of /proc/cpuinfo.
    pub clock: &'static str,
}

/// Reads the time-stamp counter, where there is one with a constant pace.
pub struct Ticks(Option<quanta::Clock>);

impl Ticks {
    /// Finds the counter. The first call compares it with the system's clock for up to 0.2 s.
    pub fn find() -> Ticks {
        let clock = quanta::Clock::new();
        // Without a counter, or where it cannot be relied upon, quanta's raw readings are nanoseconds, to the unit.
        let second = 1_000_000_000;
        let counts = cfg!(target_arch = "x86_64") && clock.delta_as_nanos(0, second) != second;
        Ticks(counts.then_some(clock))
    }

    /// The counter now; 0 without one.
    pub fn now(&self) -> u64 {
        self.0.as_ref().map_or(0, quanta::Clock::raw)
    }

    /// Cycles of a piece of work: what passed between the counter's two readings, else from its time.
    pub fn cycles(&self, passed: u64, elapsed: Duration) -> Option<Cycles> {
        match self.0 {
            Some(_) => Some(Cycles { count: passed as f64, clock: "time-stamp counter" }),
            None => {
                let megahertz = nominal_megahertz(&std::fs::read_to_string("/proc/cpuinfo").ok()?)?;
                Some(Cycles { count: elapsed.as_secs_f64() * megahertz * 1e6, clock: "nominal clock" })
            }
        }
    }
}

/// The clock of the first processor in the text of /proc/cpuinfo, in MHz.
fn nominal_megahertz(cpuinfo: &str) -> Option<f64> {
    let line = cpuinfo.lines().find(|line| line.starts_with("cpu MHz"))?;
    line.split(':').nth(1)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn the_counter_keeps_one_pace() {
        let ticks = Ticks::find();
        let pace = |length: u64| {
            let (start, begin) = (Instant::now(), ticks.now());
            std::thread::sleep(Duration::from_millis(length));
            let (end, elapsed) = (ticks.now(), start.elapsed());
            ticks.cycles(end - begin, elapsed).map(|cycles| cycles.count / elapsed.as_secs_f64())
        };
        // Between the two clocks another program may run, so that one pair in a while is wrong.
        let pairs: Vec<(f64, f64)> = (0..10).filter_map(|_| pace(20).zip(pace(60))).collect();
        if pairs.is_empty() {
            println!("skipped: no counter, no /proc/cpuinfo");
            return;
        }
        // Hertz: a counter in nanoseconds would show 1e9 exactly, and one that follows the core would change.
        let is_even = |(short, long): &(f64, f64)| (short / long - 1.0).abs() < 0.02 && (5e8..1e10).contains(long);
        assert!(pairs.iter().filter(|pair| is_even(pair)).count() >= 5, "{pairs:?} a second");
    }

    #[test]
    fn without_a_counter_time_is_multiplied() {
        assert_eq!(nominal_megahertz("processor\t: 0\ncpu MHz\t\t: 2500.5\ncpu MHz\t\t: 1.0\n"), Some(2500.5));
        assert_eq!(nominal_megahertz("model name\t: of another kind\n"), None);
        assert_eq!(Ticks(None).now(), 0);
        if let Some(cycles) = Ticks(None).cycles(7, Duration::from_secs(2)) {
            assert_eq!(cycles.clock, "nominal clock");
            assert!(cycles.count > 1e8, "{cycles:?}");
        }
    }
}
