//! Repairs under one setting, remembered.

use super::error::RepairError;
use super::fit::attempt;
use super::record::{Attempt, RepairRecord};
use super::repaired::Repaired;
use super::settings::RepairSettings;
use crate::error::Error;
use crate::graph::Shape;
use crate::segment::Segment;
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

/// Repairs segments and remembers the answers: the same segment in the same boundary is answered from memory.
///
/// A handle: clones share their memory, on any number of threads, and every answer is the same as without it.
///
/// ```
/// use autogo::graph::Shape;
/// use autogo::prelude::*;
/// let graph = autogo::families::network("hiaml:src1,src1,r30,src3")?;
/// let segment = Segment::cut(&graph, &[1, 2, 3]).segment; // conv 3×3 stride 2, batch norm, ReLU
/// let repairer = Repairer::new(RepairSettings::default())?;
/// let repaired = repairer.repair(&segment, &[Shape::new(16, 16, 32)], &[Shape::new(16, 16, 48)]).unwrap();
/// assert_eq!(repaired.segment.output_shapes(), [Shape::new(16, 16, 48)]);
/// assert_eq!(repaired.changes.len(), 1);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Repairer {
    settings: RepairSettings,
    memory: Option<Arc<Memory>>,
}

/// The numbers of repairs that memory answered, and of repairs that were carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RepairCounts {
    /// Answers from memory.
    pub remembered: u64,
    /// Repairs that were carried out.
    pub computed: u64,
}

/// Answers by hash, in parts with a lock each so that threads seldom wait for each other.
#[derive(Debug)]
struct Memory {
    parts: Vec<RwLock<HashMap<u64, Vec<Entry>>>>,
    remembered: AtomicU64,
    computed: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    segment: Segment,
    outputs: Vec<Shape>,
    /// Inputs of the place; `segment.inputs` are the segment's own.
    inputs: Vec<Shape>,
    attempt: Arc<Attempt>,
}

const PARTS: usize = 16;

impl Repairer {
    /// A repairer with an empty memory.
    ///
    /// # Errors
    /// A setting is out of range; see [`RepairSettings::check`].
    pub fn new(settings: RepairSettings) -> Result<Repairer, Error> {
        settings.check()?;
        let memory = Memory {
            parts: (0..PARTS).map(|_| RwLock::default()).collect(),
            remembered: AtomicU64::new(0),
            computed: AtomicU64::new(0),
        };
        Ok(Repairer { settings, memory: Some(Arc::new(memory)) })
    }

    /// The repairer without a memory: every call computes.
    pub fn forgetful(mut self) -> Repairer {
        self.memory = None;
        self
    }

    /// The settings.
    pub fn settings(&self) -> &RepairSettings {
        &self.settings
    }

    /// The counts since memory was made, over all clones; zeros without memory.
    pub fn counts(&self) -> RepairCounts {
        self.memory.as_ref().map_or_else(RepairCounts::default, |memory| RepairCounts {
            remembered: memory.remembered.load(Ordering::Relaxed),
            computed: memory.computed.load(Ordering::Relaxed),
        })
    }

    /// Makes `segment` read tensors of shapes `inputs` and make tensors of shapes `outputs`, in its own order of both;
    /// see [`repair`](crate::repair::repair).
    ///
    /// # Errors
    /// As for [`repair`](crate::repair::repair), [`RepairError::Concat`] when the settings refuse concats, and
    /// [`RepairError::TimedOut`] when they set a time limit.
    pub fn repair(&self, segment: &Segment, inputs: &[Shape], outputs: &[Shape]) -> Result<Repaired, RepairError> {
        self.attempt(segment, inputs, outputs).result.clone()
    }

    /// [`Repairer::repair`] with its record. An answer from memory takes less than a microsecond.
    pub fn attempt(&self, segment: &Segment, inputs: &[Shape], outputs: &[Shape]) -> Arc<Attempt> {
        let Some(memory) = &self.memory else { return Arc::new(self.compute(segment, inputs, outputs)) };
        let hash = hash(segment, inputs, outputs);
        let part = &memory.parts[hash as usize % PARTS];
        let is_it = |entry: &&Entry| entry.inputs == inputs && entry.outputs == outputs && entry.segment == *segment;
        {
            // Whatever panicked elsewhere left whole entries: they are only ever pushed.
            let known = part.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(entry) = known.get(&hash).and_then(|entries| entries.iter().find(is_it)) {
                memory.remembered.fetch_add(1, Ordering::Relaxed);
                return entry.attempt.clone();
            }
        }
        let attempt = Arc::new(self.compute(segment, inputs, outputs));
        memory.computed.fetch_add(1, Ordering::Relaxed);
        let entry = Entry {
            segment: segment.clone(),
            outputs: outputs.to_vec(),
            inputs: inputs.to_vec(),
            attempt: attempt.clone(),
        };
        let mut known = part.write().unwrap_or_else(PoisonError::into_inner);
        let entries = known.entry(hash).or_default();
        if !entries.iter().any(|entry| is_it(&entry)) {
            entries.push(entry);
        }
        attempt
    }

    fn compute(&self, segment: &Segment, inputs: &[Shape], outputs: &[Shape]) -> Attempt {
        let begin = Instant::now();
        let mut record = RepairRecord::of(segment);
        let (result, solver) = attempt(segment, inputs, outputs, &self.settings);
        record.solver = solver.into();
        let record = record.finish(&result, begin.elapsed().as_secs_f64() * 1e3);
        Attempt { record, result }
    }
}

/// Ops, edges and both boundaries; names are compared, not hashed.
fn hash(segment: &Segment, inputs: &[Shape], outputs: &[Shape]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    for node in &segment.nodes {
        node.op.hash(&mut hasher);
    }
    (&segment.operands, &segment.outputs, inputs, outputs).hash(&mut hasher);
    hasher.finish()
}
