//! The fast simulation against the plain one.

use super::*;
use proptest::prelude::*;

/// Layers of a few thousand words: windows that share words or hang over, strides past the end of the image, products.
fn layers() -> impl Strategy<Value = Layer> {
    let side = || (1u32..6, 0u32..10, prop::sample::select(vec![1u32, 1, 1, 2, 3, 5, 20]));
    let conv = (side(), side(), 1u32..9, 1u32..20).prop_map(|(high, wide, channels, filters)| {
        let size = (high.0 + high.1, wide.0 + wide.1, channels);
        Layer::conv("conv", size, (high.0, wide.0), filters, (high.2, wide.2))
    });
    let gemm = (1u32..50, 1u32..50, 1u32..50).prop_map(|(m, n, k)| Layer::gemm("gemm", m, n, k));
    // A line of these can ask for more than the smallest memory holds.
    let wide = (1u32..4, 400u32..1200, 1u32..3).prop_map(|(m, n, k)| Layer::gemm("wide", m, n, k));
    prop_oneof![6 => conv, 3 => gemm, 1 => wide]
}

fn machines() -> impl Strategy<Value = ArrayMachine> {
    let side = || prop_oneof![8 => 1u32..20, 1 => prop::sample::select(vec![32u32, 64, 1200])];
    let kb = || prop::sample::select(vec![1u32, 1, 1, 2, 3]);
    let bandwidth = || prop_oneof![3 => 1u32..12, 1 => prop::sample::select(vec![64u32, 600, 5000])];
    let memory = prop_oneof![
        1 => Just(Memory::Calc),
        2 => (bandwidth(), bandwidth(), bandwidth()).prop_map(|(ifmap_bandwidth, filter_bandwidth, ofmap_bandwidth)| {
            Memory::User { ifmap_bandwidth, filter_bandwidth, ofmap_bandwidth }
        }),
    ];
    let dataflow = prop::sample::select(Dataflow::ALL.to_vec());
    let fidelity = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(a, b, c, d)| Fidelity {
        stalls_twice: a,
        os_writes_extra: b,
        long_utilisation: c,
        rows_full: d,
    });
    (side(), side(), dataflow, (kb(), kb(), kb()), memory, fidelity).prop_map(
        |(rows, columns, dataflow, (ifmap, filter, ofmap), memory, fidelity)| {
            ArrayMachine::new("test", rows, columns, dataflow)
                .with_kb(ifmap, filter, ofmap)
                .with_memory(memory)
                .with_fidelity(fidelity)
        },
    )
}

/// Rates apart by no more than rounding, everything else equal.
fn difference(ours: &LayerReport, plain: &LayerReport) -> Option<String> {
    let without_means =
        |report: &LayerReport| LayerReport { mapping_efficiency: 0.0, compute_utilisation: 0.0, ..report.clone() };
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-11 * b.abs();
    let means_agree = near(ours.mapping_efficiency, plain.mapping_efficiency)
        && near(ours.compute_utilisation, plain.compute_utilisation);
    let agree = means_agree && without_means(ours) == without_means(plain);
    (!agree).then(|| format!("{ours:#?}\nword by word: {plain:#?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_fast_simulation_is_the_plain_one(layer in layers(), machine in machines()) {
        match (simulate(&layer, &machine), simulate_plainly(&layer, &machine)) {
            (Ok(ours), Ok(plain)) => prop_assert_eq!(difference(&ours, &plain), None),
            (Err(ours), Err(plain)) => {
                let reason = |error: crate::Error| error.to_string().split(": ").nth(1).map(String::from);
                prop_assert_eq!(reason(ours), reason(plain));
            }
            (ours, plain) => prop_assert!(false, "{ours:?}\nword by word: {plain:?}"),
        }
    }
}

#[test]
fn a_fold_that_fits_waits_for_nothing() {
    // 4 × 4 by 4 × 4 on 4 × 4 units, outputs stay: 4 + 4 + 4 - 2 lines.
    let machine = ArrayMachine::new("test", 4, 4, Dataflow::OutputStationary);
    let report = simulate(&Layer::gemm("tile", 4, 4, 4), &machine).unwrap();
    assert_eq!((report.total_cycles, report.stall_cycles), (9, 0));
    assert_eq!(report.mapping_efficiency, 100.0);
    assert_eq!(report.compute_utilisation, 40.0);
    // A lane's words are served a cycle after they are asked for: lines 0 to 6.
    assert_eq!((report.ifmap.sram_start, report.ifmap.sram_stop, report.ifmap.sram_words), (1, 7, 16));
    // The first output leaves in line 3, the last in line 9; all are sent afterwards, 4 a cycle.
    assert_eq!((report.ofmap.sram_start, report.ofmap.sram_stop), (3, 9));
    assert_eq!((report.ofmap.dram_start, report.ofmap.dram_stop, report.ofmap.dram_words), (9, 12, 16));
    // 16 words in a set of 655, fetched at 10 a cycle.
    assert_eq!((report.ifmap.dram_start, report.ifmap.dram_stop, report.ifmap.dram_words), (-66, -1, 16));
    assert_eq!(report.cycles_with_prefetch, 12 + 66);
}

#[test]
fn a_slow_memory_lets_the_array_wait() {
    // 64 pixels of 32 words stream twice past a 2 kB memory, half of which is fetched in 128 cycles of 8 words, and one
    // more.
    let layer = Layer::gemm("stream", 64, 16, 32);
    let memory = Memory::User { ifmap_bandwidth: 8, filter_bandwidth: 64, ofmap_bandwidth: 64 };
    let machine = ArrayMachine::new("test", 32, 8, Dataflow::WeightStationary).with_kb(2, 2, 2).with_memory(memory);
    let report = simulate(&layer, &machine).unwrap();
    assert_eq!(report.ifmap.dram_words, (128 + 3 * 128) * 8);
    // The prefetch that line 79 needs ends at cycle 128, and the line was to be served at 80. The next two are for
    // lines 87 and 47 later, and take 129 cycles each.
    let waits = [128 - 80, 129 - 87, 129 - 47];
    assert_eq!(report.stall_cycles, waits.iter().sum::<u64>());
    assert_eq!(report.ifmap.dram_stop, 128 + 2 * 129);
    let twice = simulate(&layer, &machine.with_fidelity(Fidelity::parity())).unwrap();
    assert!(twice.stall_cycles > report.stall_cycles);
}

#[test]
fn equal_layers_are_simulated_once_and_keep_their_names() {
    let machine = ArrayMachine::new("test", 8, 8, Dataflow::WeightStationary);
    let layers = [
        Layer::gemm("a", 9, 9, 9),
        Layer::depthwise("b", (8, 8, 16), (3, 3), (1, 1)),
        Layer { repeats: 3, ..Layer::gemm("c", 9, 9, 9) },
    ];
    let reports = simulate_all(&layers, &machine).unwrap();
    for (layer, report) in layers.iter().zip(&reports) {
        assert_eq!(*report, simulate(layer, &machine).unwrap());
    }
    let table = frame(&reports).unwrap();
    assert_eq!(table.shape(), (3, 2 + 30));
    let repeats: Vec<Option<u32>> = table.column("repeats").unwrap().u32().unwrap().iter().collect();
    assert_eq!(repeats, [Some(1), Some(16), Some(3)]);
    assert!(simulate_all(&[layers[0].clone(), Layer { repeats: 0, ..layers[0].clone() }], &machine).is_err());
}

#[test]
fn absurd_sizes_are_errors() {
    let most = u32::MAX;
    let sizes = [1, 2, 1 << 10, 1 << 20, most];
    let machine = |rows: u32, columns: u32, dataflow, kb: u32, bandwidth: u32| {
        let user = Memory::User { ifmap_bandwidth: bandwidth, filter_bandwidth: bandwidth, ofmap_bandwidth: bandwidth };
        ArrayMachine::new("test", rows, columns, dataflow).with_kb(kb, kb, kb).with_memory(user)
    };
    // None of these runs for long or panics; most are refused.
    let mut refused = 0;
    for number in 0..5 * 5 * 5 {
        let layer = Layer::gemm("huge", sizes[number % 5], sizes[number / 5 % 5], sizes[number / 25]);
        for dataflow in Dataflow::ALL {
            refused += usize::from(simulate(&layer, &machine(most, most, dataflow, most, most)).is_err());
            refused += usize::from(simulate(&layer, &machine(1 << 16, 1 << 16, dataflow, most, 1)).is_err());
        }
    }
    assert!(refused > 500, "{refused}");
    let zero = simulate(&Layer::gemm("x", 4, 4, 4), &machine(0, 4, Dataflow::OutputStationary, 1, 1));
    assert_eq!(zero.unwrap_err().to_string(), "machine test: 0 × 4 units; accepted: 1 or more each");
    assert!(simulate(&Layer::gemm("x", 4, 4, 4), &machine(4, 4, Dataflow::OutputStationary, 0, 1)).is_err());
    assert!(simulate(&Layer::gemm("x", 4, 4, 4), &machine(4, 4, Dataflow::OutputStationary, 1, 0)).is_err());
    // A stride far past the end: the second row of windows is empty.
    let far = Layer::conv("far", (2, 2, 1), (1, 1), 1, (most, most));
    let report = simulate(&far, &machine(2, 2, Dataflow::OutputStationary, 1, 1)).unwrap();
    let plain = simulate_plainly(&far, &machine(2, 2, Dataflow::OutputStationary, 1, 1)).unwrap();
    assert_eq!(difference(&report, &plain), None);
}
