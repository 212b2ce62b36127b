//! `events.jsonl`: a line for each generation, and one for the end.

use super::run_folder::RunFolder;
use crate::error::Error;
use crate::evolve::search::{EvolutionRun, Iteration, StopReason};
use serde::{Deserialize, Serialize};

/// A line of `events.jsonl`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Generation(Iteration),
    Stop { reason: StopReason, sentence: String },
}

impl RunFolder {
    /// Writes down the generations of a run, and its end if there is one.
    pub(super) fn write_events(&self, run: &EvolutionRun) -> Result<(), Error> {
        let iterations = run.iterations.iter().map(|one| Event::Generation(*one));
        let stop = run.stop.map(|reason| Event::Stop { reason, sentence: reason.to_string() });
        let line = |event: Event| serde_json::to_string(&event).map(|line| line + "\n");
        let lines = iterations.chain(stop).map(line).collect::<Result<String, _>>();
        let lines = lines.map_err(|error| Error::file(self.path().join("events.jsonl"), error))?;
        self.write("events.jsonl", lines.as_bytes())
    }

    /// The generations that were written down, and the end if there is one.
    pub(super) fn events(&self) -> Result<(Vec<Iteration>, Option<StopReason>), Error> {
        let (mut iterations, mut stop) = (Vec::new(), None);
        let path = self.path().join("events.jsonl");
        if !path.is_file() {
            return Ok((iterations, stop));
        }
        for (line, text) in self.read("events.jsonl")?.lines().enumerate() {
            let event = serde_json::from_str(text).map_err(|error| Error::Line {
                path: path.clone(),
                line: line + 1,
                reason: error.to_string(),
                accepted: "a generation or a stop, as this library writes them".into(),
            })?;
            match event {
                _ if stop.is_some() => {
                    return Err(self.failed("events.jsonl", format!("goes on after its end in line {line}")));
                }
                Event::Generation(iteration) => iterations.push(iteration),
                Event::Stop { reason, .. } => stop = Some(reason),
            }
        }
        Ok((iterations, stop))
    }
}
