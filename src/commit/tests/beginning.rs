//! Who may begin, stand on a newer HEAD, and give up.

use super::*;

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
    assert!(matches!(play(looked(false)).1.as_slice(), [Effect::CreateHead { attempt: 1, .. }]));
    let with = |event| [looked(true), vec![event]].concat();
    assert_eq!(play(with(Event::BaseRead(None))).1, fail(Failure::HeadLost));
    let found = base(1, "theirs", Some("T"));
    assert!(matches!(
        play(with(Event::BaseRead(Some(found.clone())))).1.as_slice(),
        [Effect::CreateJournal { .. }]
    ));
    // Who loses the race for HEAD takes the winner's, if it is of the same project.
    for answer in [Answer::Precondition, Answer::Conflict, Answer::Unknown] {
        let created = [looked(false), vec![wrote(answer)]].concat();
        assert_eq!(play(created.clone()).1, vec![Effect::ReadBase]);
        let with = |base| [created.clone(), vec![Event::BaseRead(base)]].concat();
        let machine = play(with(Some(found.clone()))).0;
        assert_eq!(machine.base(), Some(&found));
        assert!(matches!(
            play(with(Some(foreign.clone()))).1.as_slice(),
            [Effect::End(End::Failed(Failure::NotOwner { .. }))]
        ));
        assert!(matches!(play(with(None)).1.as_slice(), [Effect::CreateHead { attempt: 2, .. }]));
    }
    assert!(matches!(
        play([looked(false), vec![wrote(refused())]].concat()).1.as_slice(),
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
    for events in [up_to_the_swap()[..2].to_vec(), lost()] {
        let effects = play([events, vec![Event::Abandon]].concat()).1;
        let [Effect::SwapJournal { journal, .. }] = effects.as_slice() else {
            panic!("{effects:?}");
        };
        assert_eq!(journal.state, JournalState::Aborted);
    }
    // While a swap is under way nobody may say that it was aborted.
    assert_eq!(play([up_to_the_swap(), vec![Event::Abandon]].concat()).1, vec![]);
}
