//! The original release's peculiarities, each by name. The default is ours: all of them corrected.

use crate::families::SkipAs;
use crate::formats::Pooling;
use crate::predict::Selection;
use crate::repair::{ChannelPenalty, ConcatRule};
use crate::segment::UnknownTokens;
use serde::{Deserialize, Serialize};

/// Which of the original's peculiarities are reproduced. Every field is a strategy that the code it concerns is given.
///
/// ```
/// use autogo::Quirks;
/// use autogo::families::SkipAs;
/// assert_eq!(Quirks::default().nb201_skip, SkipAs::PassThrough);
/// assert_eq!(Quirks::original().nb201_skip, SkipAs::Identity);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quirks {
    /// The best NB-201 network of the release holds an identity node for every `skip_connect`; the builder and the
    /// vocabulary do not (specification §2.2, surprise 15).
    pub nb201_skip: SkipAs,
    /// SentencePiece joins neighbours that it does not know into one piece, so all nodes with unseen tokens in a row are
    /// one segment (specification §3.4, surprise 10).
    pub unknown: UnknownTokens,
    /// The original's Torch twin pads max pools with zeros and counts padded zeros in average pools (specification §8).
    pub pooling: Pooling,
    /// The original keeps the epoch with the smallest percentage error of z-scores, which those near zero decide
    /// (specification §6.5, surprise 14).
    pub selection: Selection,
    /// The original's program has no answer for a segment with a concat (specification §5, surprise 4).
    pub concat: ConcatRule,
    /// More channels cost the original's program nothing (specification §5 point 6, surprise 5).
    pub channel_penalty: ChannelPenalty,
}

impl Quirks {
    /// All of them: faithful to the release.
    pub fn original() -> Self {
        Quirks {
            nb201_skip: SkipAs::Identity,
            unknown: UnknownTokens::Fused,
            pooling: Pooling::CountsPadding,
            selection: Selection::Mape,
            concat: ConcatRule::Rejected,
            channel_penalty: ChannelPenalty::OneSided,
        }
    }
}
