//! The table "what happened to my commit?".

mod beginning;
mod every;

use std::collections::BTreeMap;

use super::{
    Answer, Base, Comparison, Effect, End, Event, Failure, Machine, NotCommitted, Proposal, Setup,
};
use crate::model::{
    Checksums, Conditions, FORMAT, Generation, Head, HeadKind, JournalState, ObjectKey, ObjectRef,
    Probe, Revision, Sha256, Tx,
};

fn head(serial: u64, nonce: &str, tx: Option<&str>) -> Head {
    Head {
        format: FORMAT,
        lineage: "lineage".to_owned(),
        project: "p".to_owned(),
        serial,
        nonce: nonce.to_owned(),
        kind: if tx.is_some() { HeadKind::Commit } else { HeadKind::Genesis },
        r#gen: tx.map(|tx| at(&format!("gen/{serial}-{tx}"))),
        prev_head_sha256: None,
        tx: tx.map(|tx| Tx(tx.to_owned())),
        single_writer: false,
        probe: Some(probe(Conditions::Atomic)),
        tool: "test".to_owned(),
    }
}

fn probe(conditions: Conditions) -> Probe {
    Probe {
        location: "store".to_owned(),
        conditions,
        checksums: Checksums::Verified,
        at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn at(key: &str) -> ObjectRef {
    ObjectRef { key: ObjectKey::new(key), sha256: Sha256::of(key.as_bytes()) }
}

fn base(serial: u64, nonce: &str, tx: Option<&str>) -> Base {
    Base { head: head(serial, nonce, tx), revision: Revision(nonce.to_owned()) }
}

fn generation(serial: u64, transactions: &[&str], parent: Head) -> Event {
    Event::GenerationRead(Some(Box::new(Generation {
        format: FORMAT,
        serial,
        tx: Tx("T".to_owned()),
        index: BTreeMap::new(),
        condemned: Vec::new(),
        replaced: Vec::new(),
        doomed: Vec::new(),
        transactions: transactions.iter().map(|tx| Tx((*tx).to_owned())).collect(),
        at: jiff::Timestamp::UNIX_EPOCH,
        by: None,
        summary: BTreeMap::new(),
        parent,
    })))
}

fn new() -> Machine {
    Machine::new(Setup {
        tx: Tx("ME".to_owned()),
        project: "p".to_owned(),
        by: None,
        tool: "test".to_owned(),
        now: jiff::Timestamp::UNIX_EPOCH,
        patience: 3,
        location: "store".to_owned(),
        single_writer: false,
    })
}

fn done(name: &str) -> Answer {
    Answer::Done(Revision(name.to_owned()))
}

fn begin(base: Option<Base>) -> Event {
    Event::Begin { base, lineage: "lineage".to_owned(), nonce: "genesis".to_owned() }
}

fn commit() -> Event {
    Event::Commit(Proposal {
        documents: vec![ObjectKey::new("index/d")],
        generation: at("gen/8-ME"),
        nonce: "mine".to_owned(),
        fence: "fence of mine".to_owned(),
        previous: Sha256::of(b"before"),
    })
}

/// Plays events and returns the machine with the effects of the last one.
fn play(events: Vec<Event>) -> (Machine, Vec<Effect>) {
    let mut machine = new();
    let mut last = Vec::new();
    for event in events {
        last = machine.step(event);
    }
    (machine, last)
}

/// The events up to the swap of HEAD, on serial 7.
fn up_to_the_swap() -> Vec<Event> {
    vec![
        begin(Some(base(7, "base", Some("OLD")))),
        Event::Later(None),
        Event::JournalWritten(done("j")),
        commit(),
        Event::Written(ObjectKey::new("index/d"), done("d")),
        Event::Written(ObjectKey::new("gen/8-ME"), done("g")),
    ]
}

fn after_the_swap(events: Vec<Event>) -> (Machine, Vec<Effect>) {
    let mut all = up_to_the_swap();
    all.extend(events);
    play(all)
}

fn wrote(answer: Answer) -> Event {
    Event::HeadWritten(answer)
}

fn refused() -> Answer {
    Answer::Refused("403 Forbidden".to_owned())
}

fn ended(end: End) -> Vec<Effect> {
    vec![Effect::End(end)]
}

#[test]
fn what_is_written_comes_in_order() {
    let mut machine = new();
    let effects = machine.step(begin(Some(base(7, "base", Some("OLD")))));
    assert_eq!(effects, vec![Effect::LookForLater { serial: 7 }]);
    let effects = machine.step(Event::Later(None));
    let [Effect::CreateJournal { journal, attempt: 1 }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!((journal.state, journal.base_serial), (JournalState::Open, 7));
    assert_eq!(machine.step(Event::JournalWritten(done("j"))), ended(End::Ready));
    let write = |key: &str| vec![Effect::Write { key: ObjectKey::new(key), attempt: 1 }];
    assert_eq!(machine.step(commit()), write("index/d"));
    assert_eq!(
        machine.step(Event::Written(ObjectKey::new("index/d"), done("d"))),
        write("gen/8-ME")
    );
    let effects = machine.step(Event::Written(ObjectKey::new("gen/8-ME"), done("g")));
    let [Effect::SwapHead { head, matches, attempt: 1 }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(matches, &Revision("base".to_owned()));
    assert_eq!((head.serial, head.nonce.as_str(), head.kind), (8, "mine", HeadKind::Commit));
    assert_eq!(head.tx, Some(Tx("ME".to_owned())));
    assert_eq!(head.prev_head_sha256, Some(Sha256::of(b"before")));
    assert_eq!(head.r#gen, Some(at("gen/8-ME")));
    let effects = machine.step(wrote(done("new")));
    let [Effect::SwapJournal { journal, matches, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!((journal.state, matches.0.as_str()), (JournalState::Done, "j"));
    // Whatever becomes of the journal: it is committed.
    let effects = machine.step(Event::JournalWritten(Answer::Unknown));
    assert!(matches!(effects.as_slice(), [Effect::End(End::Committed { revision: Some(_), .. })]));
}

#[test]
fn the_answer_to_the_swap_decides_or_head_does() {
    use Answer::{Conflict, Missing, Precondition, Unknown};
    let ours = || Event::HeadRead(Some(base(8, "mine", Some("ME"))));
    let fenced = || {
        let mut fence = base(9, "fence", Some("ME"));
        fence.head.kind = HeadKind::Fence;
        Event::HeadRead(Some(fence))
    };
    let unmoved = || Event::HeadRead(Some(base(7, "base", Some("OLD"))));
    let moved = || Event::HeadRead(Some(base(8, "theirs", Some("T"))));
    let gone = || Event::HeadRead(None);
    let with = || generation(9, &["OLD", "ME", "T"], head(8, "mine", Some("ME")));
    let without = || generation(8, &["OLD", "T"], head(7, "base", Some("OLD")));

    // 200, and a commit that is found again.
    for events in [
        vec![wrote(done("new"))],
        vec![wrote(Precondition), ours()],
        vec![wrote(Conflict), ours()],
        vec![wrote(Unknown), ours()],
        vec![wrote(Unknown), fenced()],
        vec![wrote(Unknown), moved(), with()],
        vec![wrote(Precondition), moved(), with()],
        vec![wrote(Unknown), unmoved(), wrote(refused()), ours()],
        vec![wrote(Unknown), unmoved(), wrote(Precondition), ours()],
    ] {
        let (mut machine, effects) = after_the_swap(events.clone());
        assert!(matches!(effects.as_slice(), [Effect::SwapJournal { .. }]), "{events:?}");
        let effects = machine.step(Event::JournalWritten(Precondition));
        let [Effect::End(End::Committed { head, revision })] = effects.as_slice() else {
            panic!("{events:?}: {effects:?}");
        };
        assert_eq!((head.nonce.as_str(), head.serial), ("mine", 8));
        let newest =
            !format!("{events:?}").contains("fence") && !format!("{events:?}").contains("theirs");
        assert_eq!(revision.is_some(), newest, "{events:?}");
    }

    let lost = End::LostRace(head(8, "theirs", Some("T")));
    let no = End::NotCommitted;
    for (events, end) in [
        (vec![wrote(Precondition), moved(), without()], lost.clone()),
        (vec![wrote(Unknown), moved(), without()], lost.clone()),
        (vec![wrote(Conflict), moved(), without()], lost.clone()),
        (vec![wrote(Unknown), unmoved(), wrote(Precondition), moved(), without()], lost),
        (vec![wrote(refused())], no(NotCommitted::Refused("403 Forbidden".to_owned()))),
        (vec![wrote(Missing)], End::Failed(Failure::HeadGone)),
        (vec![wrote(Precondition), gone()], End::Failed(Failure::HeadGone)),
        (vec![wrote(Unknown), unmoved(), wrote(Missing)], End::Undecided),
        (vec![wrote(Unknown), gone()], End::Undecided),
        (vec![wrote(Unknown), Event::ReadFailed], End::Undecided),
        (vec![wrote(Precondition), Event::ReadFailed], End::Undecided),
        (vec![wrote(Unknown), moved(), Event::ReadFailed], End::Undecided),
        (vec![wrote(Unknown), moved(), Event::GenerationRead(None)], End::Undecided),
    ] {
        let (_, effects) = after_the_swap(events.clone());
        assert_eq!(effects, ended(end), "{events:?}");
    }
}

#[test]
fn the_same_bytes_are_sent_again_and_not_for_ever() {
    let unmoved = || Event::HeadRead(Some(base(7, "base", Some("OLD"))));
    let mut machine = play(up_to_the_swap()).0;
    let mut sent = Vec::new();
    for attempt in 2..=3 {
        assert_eq!(machine.step(wrote(Answer::Unknown)), vec![Effect::ReadHead]);
        let effects = machine.step(unmoved());
        let [Effect::SwapHead { head, attempt: number, .. }] = effects.as_slice() else {
            panic!("{effects:?}");
        };
        assert_eq!(*number, attempt);
        sent.push(head.clone());
    }
    assert_eq!(sent[0], sent[1]);
    machine.step(wrote(Answer::Unknown));
    let effects = machine.step(unmoved());
    let [Effect::Fence { base: on, nonce, attempt: 1 }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!((on, nonce.as_str()), (&base(7, "base", Some("OLD")), "fence of mine"));
    let fence = super::fence(&on.head, nonce, Sha256::of(b"before"), "test");
    assert_eq!((fence.serial, fence.kind, &fence.tx), (8, HeadKind::Fence, &on.head.tx));
    assert_eq!(
        (&fence.r#gen, fence.prev_head_sha256),
        (&on.head.r#gen, Some(Sha256::of(b"before")))
    );
    let no = || ended(End::NotCommitted(NotCommitted::Fenced));
    assert_eq!(machine.clone().step(wrote(done("fence"))), no());
    // The fence is a write like any other.
    let doubt = |answer| {
        let mut machine = machine.clone();
        assert_eq!(machine.step(wrote(answer)), vec![Effect::ReadHead]);
        machine
    };
    let seen = |head| Event::HeadRead(Some(Base { head, revision: Revision("fence".to_owned()) }));
    for answer in [Answer::Unknown, Answer::Conflict, Answer::Precondition] {
        assert_eq!(doubt(answer.clone()).step(seen(fence.clone())), no());
        let again = doubt(answer.clone()).step(unmoved());
        assert!(matches!(again.as_slice(), [Effect::Fence { attempt: 2, .. }]));
        let ours = doubt(answer).step(Event::HeadRead(Some(base(8, "mine", Some("ME")))));
        assert!(matches!(ours.as_slice(), [Effect::SwapJournal { .. }]));
    }
    for answer in [refused(), Answer::Missing] {
        assert_eq!(machine.clone().step(wrote(answer)), ended(End::Undecided));
    }
    for _ in 0..2 {
        machine.step(wrote(Answer::Unknown));
        machine.step(unmoved());
    }
    machine.step(wrote(Answer::Unknown));
    assert_eq!(machine.step(unmoved()), ended(End::Undecided));
    // An undecided transaction leaves its journal open.
    assert_eq!(machine.step(Event::Abandon), ended(End::Abandoned));

    // A store that says 412 and shows HEAD unchanged: every sending was refused for certain.
    let mut machine = play(up_to_the_swap()).0;
    for _ in 0..2 {
        machine.step(wrote(Answer::Precondition));
        machine.step(unmoved());
    }
    machine.step(wrote(Answer::Precondition));
    assert_eq!(
        machine.step(unmoved()),
        ended(End::NotCommitted(NotCommitted::ConditionNeverHolds))
    );
}

#[test]
fn the_chain_is_walked_as_far_as_the_lists_have_dropped() {
    let names: Vec<String> = (0..64).map(|n| format!("T{n}")).collect();
    let list: Vec<&str> = names.iter().map(String::as_str).collect();
    let far = || Event::HeadRead(Some(base(300, "far", Some("T"))));
    let mut machine = after_the_swap(vec![wrote(Answer::Unknown), far()]).0;
    let next = machine.step(generation(300, &list, head(299, "n", Some("T"))));
    assert_eq!(next, vec![Effect::ReadGeneration(at("gen/299-T"))]);
    // Its own transaction stands in the older list.
    let mut found = machine.clone();
    let effects = found.step(generation(299, &["ME"], head(298, "n", Some("T"))));
    assert!(matches!(effects.as_slice(), [Effect::SwapJournal { .. }]));
    // Down to the base, and not there.
    let mut serial = 299;
    let mut effects = next;
    while !matches!(effects.as_slice(), [Effect::End(_)]) {
        effects = machine.step(generation(serial, &list, head(serial - 1, "n", Some("T"))));
        serial -= 1;
    }
    assert_eq!(effects, ended(End::LostRace(head(300, "far", Some("T")))));
    assert_eq!(serial, 70, "64 below 71 is the base");
    // A chain that goes round in circles.
    let mut machine = after_the_swap(vec![wrote(Answer::Unknown), far()]).0;
    machine.step(generation(300, &list, head(299, "n", Some("T"))));
    let effects = machine.step(generation(300, &list, head(299, "n", Some("T"))));
    assert_eq!(effects, ended(End::Undecided));
}

#[test]
fn a_document_of_ones_own_that_is_there_is_compared() {
    let start = || up_to_the_swap()[..4].to_vec();
    let key = || ObjectKey::new("index/d");
    for answer in [Answer::Precondition, Answer::Conflict, Answer::Unknown] {
        let mut events = start();
        events.push(Event::Written(key(), answer));
        let (machine, effects) = play(events);
        assert_eq!(effects, vec![Effect::Compare(key())]);
        let after = |how| machine.clone().step(Event::Compared(key(), how));
        assert!(matches!(after(Comparison::Same).as_slice(), [Effect::Write { attempt: 1, .. }]));
        assert!(matches!(after(Comparison::Absent).as_slice(), [Effect::Write { attempt: 2, .. }]));
        assert_eq!(after(Comparison::Different), ended(End::Failed(Failure::Foreign(key()))));
    }
}

#[test]
fn a_store_that_takes_any_bytes_is_asked_what_it_has() {
    let key = || ObjectKey::new("index/d");
    let mut on = base(7, "base", Some("OLD"));
    on.head.probe = Some(Probe { checksums: Checksums::Echoed, ..probe(Conditions::Atomic) });
    let mut events = up_to_the_swap()[1..4].to_vec();
    events.insert(0, begin(Some(on)));
    events.push(Event::Written(key(), done("d")));
    let (mut machine, effects) = play(events);
    assert_eq!(effects, vec![Effect::Compare(key())]);
    let other = machine.clone().step(Event::Compared(key(), Comparison::Different));
    assert_eq!(other, ended(End::Failed(Failure::Foreign(key()))));
    let effects = machine.step(Event::Compared(key(), Comparison::Same));
    assert!(matches!(effects.as_slice(), [Effect::Write { attempt: 1, .. }]));
}
