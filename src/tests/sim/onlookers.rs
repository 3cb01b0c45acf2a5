//! Every message is shown to an observer, with its fate and a few words.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use readback::history::Event;
use readback::network::{Leg, Loss, Probability, Rule};
use readback::sim::{NullObserver, Observer, Passed, simulate};

use super::trials::{MS, closed, lasting, ran};

#[derive(Default)]
struct Album {
    events: Vec<Event>,
    /// Per leg: messages, dropped ones, duplicates.
    legs: BTreeMap<Leg, [usize; 3]>,
    words: Vec<String>,
}

impl Observer for Album {
    fn event(&mut self, event: Event) -> io::Result<()> {
        self.events.push(event);
        Ok(())
    }

    fn passed(&mut self, passed: &Passed<'_>) {
        let counts = self.legs.entry(passed.leg).or_default();
        counts[0] += 1;
        counts[1] += usize::from(passed.delivered.is_empty());
        counts[2] += usize::from(passed.delivered.len() > 1);
        assert!(passed.delivered.iter().all(|&at| at >= passed.sent_at));
        self.words.push(passed.what.to_string());
    }
}

#[test]
fn every_leg_is_shown_with_drops_and_duplicates() {
    let mut scenario = lasting(Duration::from_secs(3), closed(2 * MS));
    scenario.policy.max_wait = 100 * MS;
    scenario.policy.attempt_timeout = 20 * MS;
    scenario.network.rules.push(Rule {
        loss: Some(Loss::Independent(Probability::new(0.2).unwrap())),
        duplication: Some(Probability::new(0.2).unwrap()),
        ..Rule::on(&Leg::ALL)
    });
    let (workload, mut album) = (scenario.check().unwrap(), Album::default());
    let simulated = simulate(&scenario, &workload, &mut album, &mut |_| ControlFlow::Continue(())).unwrap();
    for leg in Leg::ALL {
        let [all, dropped, twice] = album.legs[&leg];
        assert!(all > 100 && dropped > 10, "{leg:?}: {all} {dropped}");
        assert_eq!(twice > 0, leg != Leg::Reply, "a call has one reply: {leg:?}");
    }
    assert!(album.words.iter().all(|words| !words.is_empty()));
    for start in ["greeting", "incarnation ", "deposit ", "query ", "written ", "balance ", "run ", "ack "] {
        assert!(album.words.iter().any(|words| words.starts_with(start)), "{start}");
    }
    assert!(matches!(album.events.first(), Some(Event::Header(_))));
    assert!(matches!(album.events.last(), Some(Event::End(end)) if end.lines == album.events.len() as u64));
    let completed = album.events.iter().filter(|event| matches!(event, Event::Complete(_))).count();
    assert_eq!(simulated.operations, completed as u64);
}

#[test]
fn who_does_not_want_events_changes_nothing() {
    let scenario = closed(2 * MS);
    let workload = scenario.check().unwrap();
    let unseen =
        simulate(&scenario, &workload, &mut NullObserver, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(unseen.branches, ran(&scenario).observed.branches);
}
