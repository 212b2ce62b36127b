//! A small network learns, with the same bits on all widths.
#![allow(clippy::unwrap_used)]

#[path = "../examples/layers/chain.rs"]
mod chain;
mod common;

use autogo_engine::optimiser::Sgd;
use chain::*;
use common::*;

#[test]
fn six_steps_are_equal_bit_by_bit_on_all_widths_and_the_loss_falls() {
    let (images, mut random) = (8, Random(1));
    let x = random.floats(images * 16 * 16 * 3);
    let labels: Vec<u32> = (0..images as u32).collect();
    let sgd = Sgd { rate: 0.05, momentum: 0.9, nesterov: true, decay: 5e-4 };
    for arithmetic in ARITHMETICS {
        let results = engines(arithmetic).into_iter().map(|engine| {
            let mut chain = Chain::new(engine, MINI16, 16, images).unwrap();
            assert!(chain.multiply_adds() > 0);
            let losses: Vec<f64> = (0..6).map(|_| chain.step(&x, &labels, sgd).unwrap()).collect();
            assert!(losses[5] < 0.7 * losses[0], "{engine}: {losses:?}");
            let weights: Vec<_> = chain.layers.iter().map(|layer| bits(&layer.weights.weights)).collect();
            (losses.iter().map(|loss| loss.to_bits()).collect::<Vec<_>>(), weights, bits(&chain.head.weights))
        });
        let results: Vec<_> = results.collect();
        assert!(results.iter().all(|result| *result == results[0]), "{arithmetic}");
    }
}
