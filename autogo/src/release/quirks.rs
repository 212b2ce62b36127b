//! The release's peculiarities, each by name. The default is ours: all of them corrected.

use crate::evolve::{Evolution, GridEnds, OnFailure, Sampling, ScoreOrder, Sources};
use crate::families::SkipAs;
use crate::formats::onnx::Pooling;
use crate::predict::Selection;
use crate::repair::{ChannelPenalty, ConcatRule, RepairForm, RepairSettings};
use crate::segment::UnknownTokens;
use serde::{Deserialize, Serialize};

/// The release's peculiarities that are reproduced. Every field is a strategy, which is handed to the code that
/// acts by it. [release §9](crate::doc::release#s9) lists all peculiarities.
///
/// ```
/// use autogo::release::Quirks;
/// use autogo::families::SkipAs;
/// assert_eq!(Quirks::default().nb201_skip, SkipAs::PassThrough);
/// assert_eq!(Quirks::original().nb201_skip, SkipAs::Identity);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quirks {
    /// The best NB-201 network of the release holds an identity node for every `skip_connect`; the builder and the
    /// vocabulary do not ([release §2.2](crate::doc::release#s2-2)).
    pub nb201_skip: SkipAs,
    /// SentencePiece joins neighbours that it does not know into one piece, so all nodes with unseen tokens in a row
    /// are one segment ([release §3.4.3](crate::doc::release#s3-4-3)).
    pub unknown: UnknownTokens,
    /// The release's Torch twin pads max pools with zeros and counts padded zeros in average pools
    /// ([release §8.5](crate::doc::release#s8-5)).
    pub pooling: Pooling,
    /// The release keeps the epoch with the smallest mean percentage error of z-scores. Z-scores near zero dominate
    /// this error ([release §6.5](crate::doc::release#s6-5)).
    pub selection: Selection,
    /// The release's data loader shuffles networks. The release takes the scores as if they stood in the order of its
    /// question, so networks get the scores of other networks ([release §4.3], [release §7.3f]).
    ///
    /// [release §4.3]: crate::doc::release#s4-3
    /// [release §7.3f]: crate::doc::release#s7-3f
    pub scores: ScoreOrder,
    /// After the first donor of a place that does not fit, the release skips the others
    /// ([release §4.5](crate::doc::release#s4-5)).
    pub on_failure: OnFailure,
    /// The release intends to try the segments with the most FLOPs and tries those with the fewest
    /// ([release §4.2](crate::doc::release#s4-2)).
    pub sources: Sources,
    /// The release's grid over the front never draws its extremes ([release §7.3b](crate::doc::release#s7-3b)).
    pub grid_ends: GridEnds,
    /// The release's program has no answer for a segment with a concat ([release §5.9](crate::doc::release#s5-9)).
    pub concat: ConcatRule,
    /// The release's repair program offers three values each: the old height or width, half or a quarter of it; the old
    /// channels, half or twice as many ([release §5.4](crate::doc::release#s5-4)).
    pub repair_form: RepairForm,
    /// More channels cost the release's program nothing ([release §5.6](crate::doc::release#s5-6)).
    pub channel_penalty: ChannelPenalty,
}

impl Quirks {
    /// All peculiarities switched on: the release's behaviour.
    pub fn original() -> Self {
        Quirks {
            nb201_skip: SkipAs::Identity,
            unknown: UnknownTokens::Fused,
            pooling: Pooling::CountsPadding,
            selection: Selection::Mape,
            scores: ScoreOrder::AsLoaded,
            on_failure: OnFailure::GiveUp,
            sources: Sources::Cheapest,
            grid_ends: GridEnds::Excluded,
            concat: ConcatRule::Rejected,
            repair_form: RepairForm::Original,
            channel_penalty: ChannelPenalty::OneSided,
        }
    }

    /// A search with its settings replaced by the peculiarities that concern a search.
    pub fn in_search(&self, evolution: &Evolution) -> Evolution {
        let mut evolution = evolution.clone();
        evolution.mutation.sources = self.sources;
        evolution.mutation.on_failure = self.on_failure;
        evolution.mutation.repair = self.in_repair(&evolution.mutation.repair);
        evolution.scores = self.scores;
        if let Sampling::Grid(ends) = &mut evolution.sampling {
            *ends = self.grid_ends;
        }
        evolution
    }

    /// Repair settings with the peculiarities that concern repair.
    pub fn in_repair(&self, settings: &RepairSettings) -> RepairSettings {
        RepairSettings { form: self.repair_form, concat: self.concat, penalty: self.channel_penalty, ..*settings }
    }
}
