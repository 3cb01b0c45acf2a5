//! Own writes are read under `wait`, and missed under `none`.

use readback::model::Strategy;
use readback::results::Verdict;

use super::trials::{MS, closed, open, run, under};

#[test]
fn own_writes_are_read_under_wait_and_missed_under_none() {
    for scenario in [open(1_000.0), closed(MS)] {
        let waiting = run(&under(Strategy::Wait, scenario.clone()));
        assert_eq!(waiting.judgement.verdict, Verdict::Valid, "{:?}", waiting.judgement.reasons);
        assert!(waiting.judgement.reads_judged > 100);
        assert_eq!(waiting.judgement.stale_white_box, 0);
        assert!(waiting.has_drained());
        let careless = run(&under(Strategy::None, scenario));
        assert_eq!(careless.judgement.verdict, Verdict::Valid, "nothing was promised");
        assert!(careless.judgement.stale_white_box > 10, "{}", careless.judgement.stale_white_box);
        assert!(careless.judgement.black_box.stale > 10);
    }
}

#[test]
fn a_parked_read_waits_for_as_long_as_replication_takes() {
    let trial = run(&under(Strategy::Wait, open(1_000.0)));
    let completed = trial.history.operations.iter().filter_map(|operation| operation.complete.as_ref());
    let parked: Vec<_> = completed.map(|complete| complete.event.parked).filter(|p| !p.is_zero()).collect();
    assert!(parked.len() > 20);
    let mean = parked.iter().sum::<std::time::Duration>() / u32::try_from(parked.len()).unwrap();
    assert!((5 * MS..80 * MS).contains(&mean), "{mean:?}");
}
