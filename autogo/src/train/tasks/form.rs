//! A graph becomes one for a task, by rules on shapes alone.

use super::any_size::{CROP, surplus};
use crate::error::{Error, TrainError};
use crate::graph::{ChannelOrder, ContentId, Conv, Graph, GraphBuilder, Interpolation, Op, Shape, Window};
use crate::train::mini::{Floor, Kept, Mini, MiniForm};

/// The coarsest grid of a head of masks or maps: pixels of the picture to a pixel of the features, along a side.
const STRIDE: u32 = 8;

/// The answer that a task wants of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// Logits of this number of classes for every pixel of the picture.
    Classes(u32),
    /// This number of maps, not larger than the picture.
    Maps(u32),
    /// The picture, twice as high and wide.
    Twice,
    /// The picture.
    Same,
}

impl Head {
    /// Whether the answer is a picture.
    fn is_picture(self) -> bool {
        match self {
            Head::Classes(_) | Head::Maps(_) => false,
            Head::Twice | Head::Same => true,
        }
    }

    /// Whether a graph that makes `made` of `read` answers with a picture already.
    fn is_answered(self, read: Shape, made: Shape) -> bool {
        let factor = match self {
            Head::Classes(_) | Head::Maps(_) => return false,
            Head::Twice => 2,
            Head::Same => 1,
        };
        made == Shape::new(factor * read.h, factor * read.w, read.c)
    }
}

/// The form of a graph for a task whose pictures have `channels` channels.
pub(super) fn form(full: &Graph, task: &str, head: Head, channels: &[u32], mini: &Mini) -> Result<MiniForm, Error> {
    let (read, made) = (full.input_shape(), full.node(full.len() - 1).shape);
    let refused = |found: Shape, wanted: String| {
        let (graph, found, task) = (full.name().into(), found.to_string(), task.into());
        Error::from(TrainError::Answer { graph, found, task, wanted })
    };
    if head.is_answered(read, made) && channels.contains(&read.c) {
        return Ok(full.shrunk(mini, Floor::Usual, Kept::BOTH)?);
    }
    let is_picture = made.h >= read.h && made.w >= read.w;
    let body = if is_picture {
        full.clone()
    } else {
        body(full).ok_or_else(|| refused(made, "features with a height and a width".into()))?
    };
    let floor = match (is_picture, head.is_picture()) {
        (true, _) => Floor::Usual,
        (false, true) => Floor::Sides(mini.input.0, mini.input.1),
        (false, false) => Floor::Sides(mini.input.0.div_ceil(STRIDE), mini.input.1.div_ceil(STRIDE)),
    };
    let own = channels[0];
    let kept = Kept { input: read.c == own, output: false };
    let shrunk = body.shrunk(mini, floor, kept)?;
    let graph = with_head(&shrunk.graph, full.name(), own, head)
        .ok_or_else(|| refused(shrunk.graph.node(shrunk.graph.len() - 1).shape, wanted(head, mini.input)))??;
    let mini: ContentId = graph.content_id();
    Ok(MiniForm { graph, dropped: shrunk.dropped, full: full.content_id(), mini })
}

/// The shapes of features that a head accepts, for messages.
fn wanted(head: Head, (h, w): (u32, u32)) -> String {
    match head {
        Head::Classes(_) | Head::Maps(_) => format!("at most {h}×{w} pixels"),
        Head::Twice => format!("{h}×{w}×C with C a multiple of 4"),
        Head::Same => format!("{h}×{w}×C"),
    }
}

/// The part of a graph before its picture is lost: up to the last node that every path passes and that has a height and
/// a width. Nothing where that is the input.
fn body(graph: &Graph) -> Option<Graph> {
    // The furthest reader of the nodes so far: an edge that jumps over a node is a path around it.
    let (mut furthest, mut end) = (0, 0);
    for index in 0..graph.len() - 1 {
        let Shape { h, w, .. } = graph.node(index).shape;
        if furthest <= index && h * w > 1 {
            end = index;
        }
        furthest = furthest.max(graph.readers(index).last().copied().unwrap_or_default());
    }
    if end == 0 {
        return None;
    }
    let mut build = GraphBuilder::new(graph.name());
    for index in 0..=end {
        let node = graph.node(index);
        build.add(&node.name, node.op, graph.operands(index)).ok()?;
    }
    build.add("out", Op::Output, &[end]).ok()?;
    build.finish().ok()
}

/// A SAME convolution with a bias.
fn conv(kernel: u32, filters: u32) -> Op {
    Op::Conv(Conv { filters, window: Window::same(kernel, 1), groups: 1, bias: true })
}

/// The body between a stem, where its input has other channels than the task's pictures, and a head. Nothing where the
/// body's output has a size that the head does not take.
fn with_head(body: &Graph, name: &str, channels: u32, head: Head) -> Option<Result<Graph, Error>> {
    let (read, last) = (body.input_shape(), body.len() - 1);
    let (size, features) = ((read.h, read.w), body.node(last).shape);
    let factor = |size: u32, own: u32| size.div_ceil(own.max(1));
    match head {
        Head::Classes(_) | Head::Maps(_) if features.h > read.h || features.w > read.w => return None,
        Head::Twice if (features.h, features.w) != size || !features.c.is_multiple_of(4) => return None,
        Head::Same if (features.h, features.w) != size => return None,
        Head::Classes(_) | Head::Maps(_) | Head::Twice | Head::Same => {}
    }
    let build = || -> Result<Graph, Error> {
        let mut build = GraphBuilder::new(name);
        let input = build.add(&body.node(0).name, Op::Input(Shape { c: channels, ..read }), &[])?;
        let mut places = vec![input];
        if read.c != channels {
            places[0] = build.add("head/stem", conv(3, read.c), &[input])?;
        }
        for index in 1..last {
            let operands: Vec<usize> = body.operands(index).iter().map(|&operand| places[operand]).collect();
            places.push(build.add(&body.node(index).name, body.node(index).op, &operands)?);
        }
        let mut x = body.operands(last).first().map_or(input, |&operand| places[operand]);
        match head {
            Head::Maps(maps) => x = build.add("head/maps", conv(1, maps), &[x])?,
            Head::Classes(classes) => {
                x = build.add("head/classes", conv(1, classes), &[x])?;
                let factor = factor(read.h, features.h).max(factor(read.w, features.w));
                if factor > 1 {
                    let interpolation = Interpolation::Bilinear;
                    x = build.add("head/resize", Op::Resize { factor, interpolation }, &[x])?;
                }
                let made = build.shape(x);
                if (made.h, made.w) != size {
                    x = build.add(CROP, Op::Crop(surplus(made, size)), &[x])?;
                }
            }
            Head::Twice => {
                let order = ChannelOrder::ChannelFirst;
                x = build.add("head/shuffle", Op::DepthToSpace { block: 2, order }, &[x])?;
                x = build.add("head/picture", conv(3, channels), &[x])?;
                let enlarge = Op::Resize { factor: 2, interpolation: Interpolation::Bilinear };
                let large = build.add("head/enlarged", enlarge, &[input])?;
                x = build.add("head/sum", Op::Add, &[x, large])?;
            }
            Head::Same => {
                x = build.add("head/noise", conv(3, channels), &[x])?;
                x = build.add("head/sum", Op::Add, &[x, input])?;
            }
        }
        build.add("out", Op::Output, &[x])?;
        Ok(build.finish()?)
    };
    Some(build())
}

#[cfg(test)]
mod tests {
    use super::super::any_size::at_size;
    use super::*;
    use crate::families::{FamilyName, network};
    use crate::train::{NetworkSettings, Plan, Ratio};

    fn formed(spec: &str, head: Head, channels: &[u32], input: (u32, u32), under: u32) -> Result<Graph, Error> {
        let mini = Mini { input, width: Ratio { over: 1, under } };
        Ok(form(&network(spec)?, "task", head, channels, &mini)?.graph)
    }

    fn output(graph: &Graph) -> Shape {
        graph.node(graph.len() - 1).shape
    }

    /// One network of every family.
    fn specs() -> Vec<String> {
        FamilyName::ALL.iter().map(|family| family.best().map_or_else(|| family.sample(0, 0), String::from)).collect()
    }

    #[test]
    fn every_family_takes_a_head_of_masks_and_of_maps() {
        let settings = NetworkSettings { batch: 2, ..NetworkSettings::default() };
        for spec in specs().iter().filter(|spec| *spec != "fsrcnn:320x180") {
            let masks = formed(spec, Head::Classes(11), &[3], (48, 64), 8).unwrap();
            assert_eq!(output(&masks), Shape::new(48, 64, 11), "{spec}");
            let large = at_size(&masks, (120, 160)).unwrap();
            assert_eq!(output(&large), Shape::new(120, 160, 11), "{spec}");
            let (small, large) = (Plan::new(&masks, settings).unwrap(), Plan::new(&large, settings).unwrap());
            assert_eq!(small.weights(), large.weights());
            let maps = formed(spec, Head::Maps(68), &[3], (96, 96), 8).unwrap();
            let Shape { h, w, c } = output(&maps);
            assert!(h >= 8 && w >= 8 && c == 68, "{spec}: {h}×{w}×{c}");
        }
    }

    #[test]
    fn strides_beyond_eight_are_removed() {
        // Stages of NB-201 have 32, 16 and 8 pixels of 32. VGG halves five times and keeps an eighth; each of the two windows of
        // 2×2 pixels that lost their strides takes one pixel.
        let maps = |spec: &str| output(&formed(spec, Head::Maps(68), &[3], (96, 96), 8).unwrap());
        assert_eq!(maps("nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1"), Shape::new(24, 24, 68));
        assert_eq!(maps("vgg16"), Shape::new(10, 10, 68));
    }

    #[test]
    fn pictures_are_enlarged_and_cleaned() {
        for (spec, head, channels, wanted) in [
            ("edsr", Head::Twice, [3, 1], Shape::new(48, 32, 3)),
            ("fsrcnn", Head::Twice, [3, 1], Shape::new(48, 32, 1)),
            ("unet", Head::Same, [1, 1], Shape::new(24, 16, 1)),
            ("unet", Head::Twice, [3, 1], Shape::new(48, 32, 3)),
            ("edsr", Head::Same, [1, 1], Shape::new(24, 16, 1)),
            ("hiaml:src1,src1,r30,src3", Head::Twice, [3, 1], Shape::new(48, 32, 3)),
            (
                "nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1",
                Head::Same,
                [1, 1],
                Shape::new(24, 16, 1),
            ),
        ] {
            let found = formed(spec, head, &channels, (24, 16), 4);
            let found = if spec == "unet" && head == Head::Twice {
                let error = found.unwrap_err().to_string();
                assert!(error.contains("makes 24×16×1") && error.contains("C a multiple of 4"), "{error}");
                continue;
            } else {
                found.unwrap()
            };
            assert_eq!(output(&found), wanted, "{spec}");
            assert!(channels.contains(&found.input_shape().c));
            let wide = at_size(&found, (40, 32)).unwrap();
            assert_eq!(output(&wide).h, 40 * wanted.h / 24, "{spec}");
        }
        // The stem of EDSR makes a quarter of its 64 channels.
        let edsr = formed("edsr", Head::Twice, &[3, 1], (24, 16), 4).unwrap();
        assert_eq!(edsr.node(1).shape, Shape::new(24, 16, 16));
        let unet = formed("unet", Head::Same, &[1], (24, 16), 4).unwrap();
        assert_eq!(unet.len(), network("unet").unwrap().len());
    }

    #[test]
    fn a_graph_without_features_is_refused_on_one_line() {
        let mut build = GraphBuilder::new("flat");
        let x = build.add("in", Op::Input(Shape::new(8, 8, 3)), &[]).unwrap();
        let x = build.add("mean", Op::Mean, &[x]).unwrap();
        let x = build.add("dense", Op::Dense { features: 10, bias: true }, &[x]).unwrap();
        build.add("out", Op::Output, &[x]).unwrap();
        let flat = build.finish().unwrap();
        let mini = Mini { input: (8, 8), width: Ratio::ONE };
        let error = form(&flat, "camvid", Head::Classes(11), &[3], &mini).unwrap_err().to_string();
        assert_eq!(
            error,
            "graph `flat` makes 1×1×10, which is no answer to `camvid`; accepted: features with a height and a width"
        );
        assert!(formed("fsrcnn", Head::Maps(68), &[3], (96, 96), 1).unwrap_err().to_string().contains("at most 96×96"));
    }
}
