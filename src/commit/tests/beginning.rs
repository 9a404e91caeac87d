//! Who may begin, stand on a newer HEAD, and give up.

use super::*;
use crate::commit::{Later, newest_lost};

#[test]
fn who_may_begin() {
    let mut foreign = base(7, "base", None);
    foreign.head.project = "q".to_owned();
    let mut newer = base(7, "base", None);
    newer.head.format = FORMAT + 1;
    let fail = |failure| ended(End::Failed(failure));
    assert_eq!(
        play(vec![begin(Some(foreign.clone()))]).1,
        fail(Failure::NotOwner { theirs: "q".to_owned() })
    );
    assert_eq!(play(vec![begin(Some(newer))]).1, fail(Failure::StoreNewer { format: FORMAT + 1 }));
    // Genesis: generations without HEAD are damage, unless another has just begun the prefix.
    let looked = |any| vec![begin(None), Event::Generations(any)];
    assert_eq!(play(looked(false)).1, vec![Effect::Probe]);
    let probed = [looked(false), vec![Event::Probed(probe(Conditions::Atomic))]].concat();
    assert!(matches!(play(probed.clone()).1.as_slice(), [Effect::CreateHead { attempt: 1, .. }]));
    let with = |event| [looked(true), vec![event]].concat();
    assert_eq!(play(with(Event::BaseRead(None))).1, fail(Failure::HeadLost));
    let found = base(1, "theirs", Some("T"));
    assert!(matches!(
        play(with(Event::BaseRead(Some(found.clone())))).1.as_slice(),
        [Effect::LookForLater { serial: 1 }]
    ));
    // Who loses the race for HEAD takes the winner's, if it is of the same project.
    for answer in [Answer::Precondition, Answer::Conflict, Answer::Unknown] {
        let created = [probed.clone(), vec![wrote(answer)]].concat();
        assert_eq!(play(created.clone()).1, vec![Effect::ReadBase]);
        let with = |base| [created.clone(), vec![Event::BaseRead(base)]].concat();
        let found = found.clone();
        let machine = play([with(Some(found.clone())), vec![Event::Later(None)]].concat()).0;
        assert_eq!(machine.base(), Some(&found));
        assert!(matches!(
            play(with(Some(foreign.clone()))).1.as_slice(),
            [Effect::End(End::Failed(Failure::NotOwner { .. }))]
        ));
        assert!(matches!(play(with(None)).1.as_slice(), [Effect::CreateHead { attempt: 2, .. }]));
    }
    assert!(matches!(
        play([probed, vec![wrote(refused())]].concat()).1.as_slice(),
        [Effect::End(End::Failed(Failure::Store(_)))]
    ));
}

fn lost() -> Vec<Event> {
    let mut events = up_to_the_swap();
    events.extend([
        wrote(Answer::Precondition),
        Event::HeadRead(Some(base(8, "theirs", Some("T")))),
        generation(8, &["OLD", "T"], head(7, "base", Some("OLD"))),
    ]);
    events
}

#[test]
fn a_rebase_stands_or_falls_with_the_journal() {
    let newer = || base(8, "theirs", Some("T"));
    let with = |events: Vec<Event>| play([lost(), vec![Event::Rebase(newer())], events].concat());
    let effects = with(vec![]).1;
    let [Effect::SwapJournal { journal: wanted, matches, attempt: 1 }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!((wanted.base_serial, matches.0.as_str()), (8, "j"));
    let at = Revision("j2".to_owned());
    let read = |state, base_serial| {
        let mut journal = wanted.clone();
        (journal.state, journal.base_serial) = (state, base_serial);
        Event::JournalRead(Some((journal, at.clone())))
    };
    let doubt = || Event::JournalWritten(Answer::Precondition);
    let (machine, effects) = with(vec![Event::JournalWritten(done("j2"))]);
    assert_eq!(effects, ended(End::Ready));
    assert_eq!(machine.base(), Some(&newer()));
    assert_eq!(with(vec![doubt(), read(JournalState::Open, 8)]).1, ended(End::Ready));
    let again = with(vec![doubt(), read(JournalState::Open, 7)]).1;
    assert!(matches!(again.as_slice(), [Effect::SwapJournal { attempt: 2, .. }]));
    let aborted = ended(End::Failed(Failure::Aborted));
    assert_eq!(with(vec![doubt(), read(JournalState::Aborted, 7)]).1, aborted);
    assert_eq!(with(vec![doubt(), Event::JournalRead(None)]).1, aborted);
    assert_eq!(with(vec![Event::JournalWritten(Answer::Missing)]).1, aborted);

    let onto = |base| play([lost(), vec![Event::Rebase(base)]].concat()).1;
    assert_eq!(
        onto(base(7, "again", Some("T"))),
        ended(End::Failed(Failure::WentBack { from: 7, to: 7 }))
    );
    let mut other = newer();
    other.head.lineage = "other".to_owned();
    assert!(matches!(
        onto(other).as_slice(),
        [Effect::End(End::Failed(Failure::HeadReplaced { .. }))]
    ));
}

#[test]
fn who_gives_up_before_the_commit_point_marks_the_journal() {
    for events in [up_to_the_swap()[..3].to_vec(), lost()] {
        let effects = play([events, vec![Event::Abandon]].concat()).1;
        let [Effect::SwapJournal { journal, .. }] = effects.as_slice() else {
            panic!("{effects:?}");
        };
        assert_eq!(journal.state, JournalState::Aborted);
    }
    // While a swap is under way nobody may say that it was aborted.
    assert_eq!(play([up_to_the_swap(), vec![Event::Abandon]].concat()).1, vec![]);
}

#[test]
fn only_a_store_that_keeps_conditions_is_written_to() {
    let unprobed = |place: Option<&str>| {
        let mut base = base(7, "base", None);
        base.head.probe = place.map(|place| {
            let location = place.to_owned();
            Probe { location, ..probe(Conditions::Atomic) }
        });
        base
    };
    for conditions in [Conditions::Raced, Conditions::Ignored, Conditions::Broken] {
        let refused = || ended(End::Failed(Failure::Unsafe(probe(conditions))));
        let probed = || Event::Probed(probe(conditions));
        assert_eq!(play(vec![begin(None), Event::Generations(false), probed()]).1, refused());
        // A bucket that was copied elsewhere is probed there.
        for base in [unprobed(None), unprobed(Some("elsewhere"))] {
            assert_eq!(play(vec![begin(Some(base.clone()))]).1, vec![Effect::Probe]);
            assert_eq!(play(vec![begin(Some(base)), probed()]).1, refused());
        }
        let mut told = base(7, "base", None);
        told.head.probe = Some(probe(conditions));
        assert_eq!(play(vec![begin(Some(told.clone()))]).1, refused());
        // Unless deps.toml says that nobody else writes: then HEAD says so too.
        let mut machine = new();
        machine.setup.single_writer = true;
        assert_eq!(machine.step(begin(Some(told))), vec![Effect::LookForLater { serial: 7 }]);
    }
    let mut machine = play(vec![begin(Some(unprobed(None)))]).0;
    let effects = machine.step(Event::Probed(probe(Conditions::Atomic)));
    assert_eq!(effects, vec![Effect::LookForLater { serial: 7 }]);
    for event in up_to_the_swap().split_off(1) {
        let effects = machine.step(event);
        if let [Effect::SwapHead { head, .. }] = effects.as_slice() {
            assert_eq!(head.probe, Some(probe(Conditions::Atomic)), "what was found is recorded");
        }
    }
    let failed = play(vec![begin(None), Event::Generations(false), Event::ReadFailed]).1;
    assert!(matches!(failed.as_slice(), [Effect::End(End::Failed(Failure::Store(_)))]));
}

#[test]
fn nothing_is_written_upon_an_old_head() {
    let later = || Event::Later(Some((9, at("gen/9-T").key)));
    let found = |event| play(vec![begin(Some(base(7, "base", None))), later(), event]).1;
    let head = |serial| Event::HeadRead(Some(base(serial, "now", Some("T"))));
    assert_eq!(
        found(head(7)),
        ended(End::Failed(Failure::Restored { serial: 7, generation: at("gen/9-T").key }))
    );
    // Another committed since the base was read: that is no harm.
    assert!(matches!(found(head(9)).as_slice(), [Effect::CreateJournal { .. }]));
    assert_eq!(found(Event::HeadRead(None)), ended(End::Failed(Failure::HeadGone)));
    let failed = found(Event::ReadFailed);
    assert!(matches!(failed.as_slice(), [Effect::End(End::Failed(Failure::Store(_)))]));
}

#[test]
fn what_merely_lies_after_head_says_nothing() {
    let one = |serial, done, parent: Option<&str>| Later {
        serial,
        key: at(&format!("gen/{serial}")).key,
        tx: Tx("T".to_owned()),
        done,
        parent: parent.map(|key| at(key).key),
    };
    let lost = |all: &[Later]| newest_lost(all).map(|(serial, _)| serial);
    assert_eq!(lost(&[]), None);
    assert_eq!(lost(&[one(8, false, Some("gen/7")), one(9, false, Some("gen/7"))]), None);
    assert_eq!(lost(&[one(8, false, None), one(9, true, None), one(10, false, None)]), Some(9));
    assert_eq!(lost(&[one(8, false, Some("gen/7")), one(9, false, Some("gen/8"))]), Some(8));
}
