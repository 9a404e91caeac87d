//! Every event in every state.

use super::*;

/// Reaches every state that a few events reach, and tries every event in each.
#[test]
fn every_event_in_every_state_asks_for_what_can_be_answered() {
    let key = || ObjectKey::new("index/d");
    let journal = new().own_journal(JournalState::Open, 7);
    let mut events = vec![
        begin(None),
        begin(Some(base(7, "base", Some("OLD")))),
        commit(),
        Event::Rebase(base(8, "theirs", Some("T"))),
        Event::Abandon,
        Event::Generations(true),
        Event::Generations(false),
        Event::Probed(probe(Conditions::Atomic)),
        Event::Probed(probe(Conditions::Raced)),
        Event::Later(None),
        Event::Later(Some((9, at("gen/9-T").key))),
        Event::Sweep,
        Event::BaseRead(None),
        Event::BaseRead(Some(base(7, "base", Some("OLD")))),
        Event::HeadRead(None),
        Event::HeadRead(Some(base(7, "base", Some("OLD")))),
        Event::HeadRead(Some(base(8, "mine", Some("ME")))),
        Event::HeadRead(Some(base(8, "theirs", Some("T")))),
        Event::JournalRead(None),
        Event::JournalRead(Some((journal, Revision("j".to_owned())))),
        Event::Compared(key(), Comparison::Same),
        Event::Compared(key(), Comparison::Different),
        Event::Compared(key(), Comparison::Absent),
        generation(8, &["OLD", "T"], head(7, "base", Some("OLD"))),
        generation(8, &["OLD", "ME"], head(7, "base", Some("OLD"))),
        Event::GenerationRead(None),
        Event::ReadFailed,
    ];
    for answer in [
        done("x"),
        Answer::Precondition,
        Answer::Conflict,
        Answer::Missing,
        refused(),
        Answer::Unknown,
    ] {
        events.push(wrote(answer.clone()));
        events.push(Event::JournalWritten(answer.clone()));
        for key in ["index/d", "gen/8-ME", "never/asked"] {
            events.push(Event::Written(ObjectKey::new(key), answer.clone()));
        }
    }
    let mut states = vec![new()];
    let mut n = 0;
    while n < states.len() {
        for event in &events {
            let mut machine = states[n].clone();
            let effects = machine.step(event.clone());
            if effects.is_empty() && machine == states[n] {
                continue;
            }
            let ends = effects.iter().filter(|e| matches!(e, Effect::End(_))).count();
            assert!(ends <= 1 && (ends == 0 || effects.len() == 1), "{event:?}: {effects:?}");
            if !states.contains(&machine) {
                states.push(machine);
            }
        }
        n += 1;
        assert!(n < 3_000, "there is no end of states");
    }
    assert!(n > 40, "only {n} states");
}
