//! The result of a training.

use super::curves;
use super::inherit::Inherited;
use super::log::FitLog;
use super::network::Network;
use super::prediction::Classifier;
use super::preparation::Preparation;
use super::recipe::Recipe;
use crate::display;
use crate::error::Error;
use crate::graph::ContentId;

/// The reason why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitEnd {
    /// The network has seen all images of the recipe.
    Done,
    /// The training was asked to end; see [`interrupt`](crate::interrupt).
    Interrupted,
}

/// A trained network and how it came about.
#[derive(Clone, Debug)]
pub struct FitRun {
    /// The network with its trained weights: their running mean where the recipe asks for one.
    pub network: Network,
    /// Losses and measurements.
    pub log: FitLog,
    /// The reason why the training ended.
    pub end: FitEnd,
    /// The graph and the pictures.
    pub subject: Subject,
    /// The recipe.
    pub recipe: Recipe,
    /// The weights that the network took over from its parent, if it began with a parent's weights.
    pub inherited: Option<Inherited>,
}

/// The subject of a training: the graph, and the pictures.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Name of the graph.
    pub graph: String,
    /// Content id of the graph.
    pub content_id: ContentId,
    /// One line about the pictures; see [`Task::record`](super::Task::record).
    pub pictures: String,
    /// The preparation of pictures, if the task says how its pictures are read.
    pub preparation: Option<Preparation>,
}

impl FitRun {
    /// The trained network with the names of its classes, to be asked about pictures of one's own. O(bytes of the
    /// network).
    ///
    /// # Errors
    /// A task that does not say how its pictures are read.
    pub fn classifier(&self) -> Result<Classifier, Error> {
        let preparation = self.subject.preparation.clone();
        let preparation = preparation.ok_or_else(|| {
            Error::setting("task", "does not say how its pictures are read", "one with a preparation, such as Pictures")
        })?;
        Classifier::new(self.network.clone(), preparation)
    }

    /// The run as HTML: curves, and the last measurement.
    pub fn html(&self) -> String {
        let curves = curves::drawing(&self.log, self.recipe.steps(), self.recipe.batch);
        let end = match (self.log.last(), self.end) {
            (None, _) => "nothing was measured".into(),
            (Some(last), end) => {
                let (loss, accuracy) = (last.test_loss, 100.0 * last.test_accuracy);
                let until = if end == FitEnd::Interrupted { "; interrupted" } else { "" };
                format!("{} images, test loss {loss:.3}, test accuracy {accuracy:.1} %{until}", last.images)
            }
        };
        let Subject { graph, pictures, .. } = &self.subject;
        let [graph, pictures, end] = [graph, pictures, &end].map(|text| display::escape(text));
        format!(
            "<div style=\"font:13px system-ui,sans-serif;color:#26323f\"><b>{graph}</b><br>{pictures}<br>{end}{curves}</div>"
        )
    }

    /// Shows the run in a notebook.
    pub fn evcxr_display(&self) {
        display::show_html(&self.html());
    }
}
