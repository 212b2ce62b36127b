//! Counts of the system and the processor while a network runs: time on the processor, cycles, instructions.

use self::events::{Event, Kind};
use serde::Serialize;
use std::path::Path;

/// Counters of this thread and of every thread that it, or one of those, starts after them: an engine is opened after
/// its counters. What the system refuses is missing.
pub struct Counters {
    clock: Result<Event, String>,
    cycles: Result<Event, String>,
    instructions: Result<Event, String>,
}

/// The counts up to one moment.
pub struct Reading {
    clock: Option<Count>,
    alive: Option<f64>,
    cycles: Option<Count>,
    instructions: Option<Count>,
}

/// Time on the processor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CpuTime {
    /// Over all threads, in ms.
    pub milliseconds: f64,
    /// The counter: `task clock`, or where that is refused `schedstat`, which forgets threads that have ended.
    pub counted_by: &'static str,
}

/// The processor's own counters over all threads, of user code alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Hardware {
    /// Cycles of the cores, at the clock they ran at.
    pub cycles: f64,
    /// Instructions retired.
    pub instructions: f64,
}

impl CpuTime {
    /// The mean over `runs` runs, of their sum.
    pub fn of_each(self, runs: usize) -> CpuTime {
        CpuTime { milliseconds: self.milliseconds / runs as f64, ..self }
    }
}

impl Hardware {
    /// The mean over `runs` runs, of their sum.
    pub fn of_each(self, runs: usize) -> Hardware {
        Hardware { cycles: self.cycles / runs as f64, instructions: self.instructions / runs as f64 }
    }
}

impl Counters {
    /// Starts counting.
    pub fn open() -> Counters {
        Counters {
            clock: Event::open(Kind::TaskClock),
            cycles: Event::open(Kind::Cycles),
            instructions: Event::open(Kind::Instructions),
        }
    }

    /// The reason why the processor's own counters are missing; `None` where they are there.
    pub fn refusal(&self) -> Option<&str> {
        [&self.cycles, &self.instructions].into_iter().find_map(|event| event.as_ref().err().map(String::as_str))
    }

    /// The counts up to now.
    pub fn read(&mut self) -> Reading {
        let count = |event: &mut Result<Event, String>| event.as_mut().ok().and_then(Event::read);
        let clock = count(&mut self.clock);
        let alive = if clock.is_none() { alive_milliseconds(Path::new("/proc/self/task")) } else { None };
        Reading { clock, alive, cycles: count(&mut self.cycles), instructions: count(&mut self.instructions) }
    }
}

impl Reading {
    /// Time on the processor between two readings, by the same counter.
    pub fn cpu_since(&self, before: &Reading) -> Option<CpuTime> {
        let spent = |milliseconds, counted_by| CpuTime { milliseconds, counted_by };
        match (self.clock.zip(before.clock), self.alive.zip(before.alive)) {
            (Some((now, then)), _) => Some(spent(now.since(then)? / 1e6, "task clock")),
            (None, Some((now, then))) => Some(spent(now - then, "schedstat")),
            (None, None) => None,
        }
    }

    /// The processor's own counts between two readings.
    pub fn hardware_since(&self, before: &Reading) -> Option<Hardware> {
        Some(Hardware {
            cycles: self.cycles?.since(before.cycles?)?,
            instructions: self.instructions?.since(before.instructions?)?,
        })
    }
}

/// An event's count. Times are in nanoseconds; where events take turns in a register, one runs less than it is enabled.
#[derive(Clone, Copy, Debug)]
struct Count {
    value: u64,
    enabled: u64,
    running: u64,
}

impl Count {
    /// Events between two counts, scaled to the whole time where the event did not run all of it; none if it never ran.
    fn since(self, before: Count) -> Option<f64> {
        let between = |now: u64, then: u64| now.saturating_sub(then) as f64;
        let running = between(self.running, before.running);
        (running > 0.0).then(|| between(self.value, before.value) * between(self.enabled, before.enabled) / running)
    }
}

/// Time on the processor of the threads now alive, in ms, from a folder such as /proc/self/task.
fn alive_milliseconds(tasks: &Path) -> Option<f64> {
    let nanoseconds = |task: std::fs::DirEntry| -> Option<f64> {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    let times: Vec<f64> = std::fs::read_dir(tasks).ok()?.filter_map(|task| nanoseconds(task.ok()?)).collect();
    (!times.is_empty()).then(|| times.iter().sum::<f64>() / 1e6)
}

/// Linux's performance events.
#[cfg(target_os = "linux")]
mod events {
    use super::Count;
    use perf_event::events::{Event as What, Hardware, Software};
    use perf_event::{Builder, Counter};

    pub enum Kind {
        TaskClock,
        Cycles,
        Instructions,
    }

    pub struct Event(Counter);

    impl Event {
        /// Each event stands alone: the kernel does not let a group follow new threads.
        pub fn open(kind: Kind) -> Result<Event, String> {
            let what: What = match kind {
                Kind::TaskClock => Software::TASK_CLOCK.into(),
                Kind::Cycles => Hardware::CPU_CYCLES.into(),
                Kind::Instructions => Hardware::INSTRUCTIONS.into(),
            };
            let mut builder = Builder::new().kind(what);
            builder.inherit(true).enabled(true);
            builder.build().map(Event).map_err(|error| error.to_string())
        }

        pub fn read(&mut self) -> Option<Count> {
            let count = self.0.read_count_and_time().ok()?;
            Some(Count { value: count.count, enabled: count.time_enabled, running: count.time_running })
        }
    }
}

/// Other systems have no such events.
#[cfg(not(target_os = "linux"))]
mod events {
    use super::Count;

    pub enum Kind {
        TaskClock,
        Cycles,
        Instructions,
    }

    pub enum Event {}

    impl Event {
        pub fn open(_: Kind) -> Result<Event, String> {
            Err("only Linux has performance events".into())
        }

        pub fn read(&mut self) -> Option<Count> {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::time::Duration;

    /// Keeps a core busy for more than ten milliseconds of its own time, however many share it.
    fn work() -> u64 {
        (0..50_000_000).fold(0, |sum: u64, value| std::hint::black_box(sum.wrapping_add(value)))
    }

    #[test]
    fn an_event_that_took_turns_is_scaled() {
        let then = Count { value: 100, enabled: 50, running: 50 };
        assert_eq!(Count { value: 400, enabled: 90, running: 70 }.since(then), Some(600.0));
        assert_eq!(Count { value: 100, enabled: 90, running: 50 }.since(then), None);
    }

    #[test]
    fn threads_started_later_are_counted_and_sleep_is_not() {
        let mut counters = Counters::open();
        let before = counters.read();
        let (busy, done) = (Barrier::new(2), Barrier::new(2));
        let after = std::thread::scope(|scope| {
            scope.spawn(|| {
                work();
                busy.wait();
                done.wait();
            });
            busy.wait();
            // The thread is still alive, so schedstat has it as well.
            let after = counters.read();
            done.wait();
            after
        });
        let Some(spent) = after.cpu_since(&before) else {
            println!("skipped: the system counts nothing");
            return;
        };
        assert!(spent.milliseconds > 5.0, "{spent:?}");
        if spent.counted_by == "task clock" {
            let before = counters.read();
            std::thread::sleep(Duration::from_millis(50));
            let slept = counters.read().cpu_since(&before).unwrap();
            assert!(slept.milliseconds < 5.0, "{slept:?}");
        }
    }

    #[test]
    fn hardware_counters_are_there_or_the_refusal_says_why() {
        let mut counters = Counters::open();
        let before = counters.read();
        work();
        let counted = counters.read().hardware_since(&before);
        assert_ne!(counted.is_some(), counters.refusal().is_some());
        assert!(counted.is_none_or(|counted| counted.cycles > 1e5 && counted.instructions > 1e5), "{counted:?}");
    }

    #[test]
    fn schedstat_is_summed_over_threads() {
        let folder = std::env::temp_dir().join(format!("autogo-schedstat-{}", std::process::id()));
        for (task, text) in [("1", "1500000 7 3\n"), ("2", "500000 0 1\n"), ("3", "nonsense")] {
            std::fs::create_dir_all(folder.join(task)).unwrap();
            std::fs::write(folder.join(task).join("schedstat"), text).unwrap();
        }
        assert_eq!(alive_milliseconds(&folder), Some(2.0));
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(alive_milliseconds(&folder), None);
    }
}
