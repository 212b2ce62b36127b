//! Compact strings: which family one names, and the graph it stands for.

use super::{Edsr, Family, Fsrcnn, Hiaml, Inception, InceptionSampler, Nb101, Nb201, ResNet, TwoPath, UNet, Vgg16};
use crate::error::Error;
use crate::graph::Graph;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a compact string may look like, for error messages and `--help`.
pub const ACCEPTED_SPECS: &str = "nb101:ADJACENCY:OPS, nb201:OP,OP,OP,OP,OP,OP or |OP~0|+|OP~0|OP~1|+|OP~0|OP~1|OP~2|, \
     hiaml:B,B,B,B, inception:STAGE;…, two_path:PATH;PATH, resnet50, resnet101, vgg16, edsr, fsrcnn, unet";

/// The systems of this library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum FamilyName {
    Nb101,
    Nb201,
    Hiaml,
    Inception,
    TwoPath,
    ResNet,
    Vgg16,
    Edsr,
    Fsrcnn,
    UNet,
}

impl FamilyName {
    /// All of them.
    pub const ALL: [FamilyName; 10] = [
        FamilyName::Nb101,
        FamilyName::Nb201,
        FamilyName::Hiaml,
        FamilyName::Inception,
        FamilyName::TwoPath,
        FamilyName::ResNet,
        FamilyName::Vgg16,
        FamilyName::Edsr,
        FamilyName::Fsrcnn,
        FamilyName::UNet,
    ];

    /// The prefix of the family's compact strings.
    pub fn prefix(self) -> &'static str {
        match self {
            FamilyName::Nb101 => Nb101::NAME,
            FamilyName::Nb201 => Nb201::NAME,
            FamilyName::Hiaml => Hiaml::NAME,
            FamilyName::Inception => Inception::NAME,
            FamilyName::TwoPath => TwoPath::NAME,
            FamilyName::ResNet => ResNet::NAME,
            FamilyName::Vgg16 => Vgg16::NAME,
            FamilyName::Edsr => Edsr::NAME,
            FamilyName::Fsrcnn => Fsrcnn::NAME,
            FamilyName::UNet => UNet::NAME,
        }
    }

    /// The graph of one of the family's compact strings.
    pub fn build(self, spec: &str) -> Result<Graph, Error> {
        fn build<F: Family>(spec: &str) -> Result<Graph, Error> {
            Ok(spec.parse::<F>()?.build()?)
        }
        match self {
            FamilyName::Nb101 => build::<Nb101>(spec),
            FamilyName::Nb201 => build::<Nb201>(spec),
            FamilyName::Hiaml => build::<Hiaml>(spec),
            FamilyName::Inception => build::<Inception>(spec),
            FamilyName::TwoPath => build::<TwoPath>(spec),
            FamilyName::ResNet => build::<ResNet>(spec),
            FamilyName::Vgg16 => build::<Vgg16>(spec),
            FamilyName::Edsr => build::<Edsr>(spec),
            FamilyName::Fsrcnn => build::<Fsrcnn>(spec),
            FamilyName::UNet => build::<UNet>(spec),
        }
    }

    /// The graph of a configuration in the release's JSON fields: a list of block names for HiAML, an object for the
    /// others, such as `{"ops": […]}` for NB-201 and `{"matrix": […], "ops": […]}` for NB-101
    /// ([release §2](crate::doc::release#s2)). For the systems that are not sampled, an object of their own settings.
    pub fn build_config(self, json: &str) -> Result<Graph, Error> {
        fn build<F: Family + serde::de::DeserializeOwned>(json: &str) -> Result<Graph, Error> {
            let config: F = serde_json::from_str(json).map_err(|error| {
                Error::setting("configuration", error.to_string(), &format!("the JSON fields of family {}", F::NAME))
            })?;
            Ok(config.build()?)
        }
        match self {
            FamilyName::Nb101 => build::<Nb101>(json),
            FamilyName::Nb201 => build::<Nb201>(json),
            FamilyName::Hiaml => build::<Hiaml>(json),
            FamilyName::Inception => build::<Inception>(json),
            FamilyName::TwoPath => build::<TwoPath>(json),
            FamilyName::ResNet => build::<ResNet>(json),
            FamilyName::Vgg16 => build::<Vgg16>(json),
            FamilyName::Edsr => build::<Edsr>(json),
            FamilyName::Fsrcnn => build::<Fsrcnn>(json),
            FamilyName::UNet => build::<UNet>(json),
        }
    }

    /// The compact string of the `index`-th sample under `seed`, by the family's published rules. A family of one or two
    /// networks repeats them in turn.
    ///
    /// ```
    /// use autogo::families::FamilyName;
    /// assert_eq!(FamilyName::ResNet.sample(0, 3), "resnet101");
    /// assert!(FamilyName::Hiaml.sample(0, 3).starts_with("hiaml:"));
    /// ```
    pub fn sample(self, seed: u64, index: u64) -> String {
        match self {
            FamilyName::Nb101 => Nb101::sample(seed, index).to_string(),
            FamilyName::Nb201 => Nb201::sample(seed, index).to_string(),
            FamilyName::Hiaml => Hiaml::sample(seed, index).to_string(),
            FamilyName::Inception => Inception::sample(seed, index, InceptionSampler::Published).to_string(),
            FamilyName::TwoPath => TwoPath::sample(seed, index).to_string(),
            FamilyName::ResNet => ResNet { depth: if index.is_multiple_of(2) { 50 } else { 101 } }.to_string(),
            FamilyName::Vgg16 => Vgg16 {}.to_string(),
            FamilyName::Edsr => Edsr::default().to_string(),
            FamilyName::Fsrcnn => Fsrcnn::default().to_string(),
            FamilyName::UNet => UNet::default().to_string(),
        }
    }

    /// The best network of the family as the release ships it, for the five families of its predictors
    /// ([release §2]; FLOPs in [release §1.5]).
    ///
    /// ```
    /// use autogo::families::{FamilyName, graph};
    /// let flops = |family: FamilyName| graph(family.best().unwrap_or_default()).map(|best| best.cost().flops_original);
    /// assert_eq!(flops(FamilyName::TwoPath)?, 116_200_468);
    /// assert_eq!(flops(FamilyName::Inception)?, 493_881_364);
    /// assert_eq!(flops(FamilyName::Nb101)?, 11_722_075_156);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// [release §2]: crate::doc::release#s2
    /// [release §1.5]: crate::doc::release#s1-5
    pub fn best(self) -> Option<&'static str> {
        Some(match self {
            FamilyName::Nb101 => "nb101:110001010100010100101:00200",
            FamilyName::Nb201 => "nb201:nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1",
            FamilyName::Hiaml => "hiaml:src1,src1,r30,src3",
            FamilyName::Inception => {
                "inception:6*depthwise5x5@16>16|inception_s3x3@16>16|depthwise5x5+conv5x5@16>16;\
                 2*conv5x5+double1x1@128>64;5*conv3x3@128>128;3*inception_s5x5@64>64|conv5x5+inception_p5x5+conv1x1+\
                 conv3x3+inception_s3x3+conv5x5+inception_s3x3+depthwise5x5+inception_p3x3+inception_s5x5+depthwise5x5\
                 @32>64|inception_p3x3+inception_s3x3@32>64|inception_s3x3@64>64"
            }
            FamilyName::TwoPath => {
                "two_path:conv5x5*/conv5x5*;double3x3+bottleneck-e2-k3/conv1x1+bottleneck-r2-k3*/\
                 bottleneck-e2-k3+bottleneck-r2-k3+bottleneck-e2-k1/bottleneck-r2-k3*"
            }
            _ => return None,
        })
    }

    /// How many networks the family has; nothing for those that are too many to count.
    pub fn size(self) -> Option<usize> {
        match self {
            FamilyName::Nb101 => Some(Nb101::COUNT),
            FamilyName::Nb201 => Some(Nb201::COUNT),
            FamilyName::Hiaml => Some(Hiaml::COUNT),
            FamilyName::Inception | FamilyName::TwoPath => None,
            FamilyName::ResNet => Some(2),
            FamilyName::Vgg16 | FamilyName::Edsr | FamilyName::Fsrcnn | FamilyName::UNet => Some(1),
        }
    }

    /// The family a compact string belongs to, if any. The prefix stands before `:` (or alone, or followed by digits, as
    /// in `resnet50`); without one, six comma-separated operations or a NAS-Bench-201 string stand for themselves.
    pub fn of(spec: &str) -> Option<FamilyName> {
        let spec = spec.trim();
        let head = spec.split_once(':').map_or(spec, |(head, _)| head.trim());
        let named = FamilyName::ALL.into_iter().find(|family| match family {
            FamilyName::ResNet => head == "resnet" || head == "resnet50" || head == "resnet101",
            other => head == other.prefix(),
        });
        let stands_for_itself = !spec.contains(':') && (spec.contains(',') || spec.starts_with('|'));
        named.or(stands_for_itself.then_some(FamilyName::Nb201))
    }
}

impl fmt::Display for FamilyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix())
    }
}

/// The graph of a compact string of any family.
///
/// ```
/// let graph = autogo::families::graph("nb201:none,none,none,nor_conv_1x1,none,none")?;
/// assert_eq!(graph.input_shape().to_string(), "32×32×3");
/// assert_eq!(autogo::families::graph("resnet50")?.input_shape().to_string(), "224×224×3");
/// let error = autogo::families::graph("resnet9000").unwrap_err();
/// assert!(error.to_string().starts_with("`resnet9000`, character 1: names no family"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn graph(spec: &str) -> Result<Graph, Error> {
    match FamilyName::of(spec) {
        Some(family) => family.build(spec),
        None => Err(Error::spec(spec, spec, "names no family".into(), ACCEPTED_SPECS)),
    }
}

/// A compact string without its family's prefix and the blanks around it. The prefix ends in a colon, in the string's end,
/// or in digits (`resnet50`).
pub(crate) fn body<'a>(spec: &'a str, family: &str) -> &'a str {
    let spec = spec.trim();
    match spec.strip_prefix(family).map(str::trim_start) {
        Some(rest) if rest.starts_with(':') => rest[1..].trim(),
        Some(rest) if rest.is_empty() || rest.starts_with(|first: char| first.is_ascii_digit()) => rest,
        _ => spec,
    }
}

/// Height and width behind a family's prefix, `HxW`; the default when there is none.
pub(super) fn pixels(spec: &str, family: &str, default: (u32, u32)) -> Result<(u32, u32), Error> {
    let body = body(spec, family);
    if body.is_empty() {
        return Ok(default);
    }
    let wrong = |part: &str| {
        Error::spec(spec, part, format!("`{part}` is no size in pixels"), &format!("{family} or {family}:HEIGHTxWIDTH"))
    };
    let (height, width) = body.split_once(['x', '×']).ok_or_else(|| wrong(body))?;
    let number = |part: &str| part.trim().parse::<u32>().ok().filter(|size| *size > 0).ok_or_else(|| wrong(part));
    Ok((number(height)?, number(width)?))
}
