//! Eight, and two, at the same moment.

use std::time::Instant;

use super::{checkout, upstream};
use crate::support::{
    child::Running,
    place::{Kind, Place},
    published::published,
    reliability::{asked, record},
    sandbox::Sandbox,
    upstream::Upstream,
};

/// How a crowd meets.
struct Round {
    kind: Kind,
    crowd: usize,
    /// Each publishes its own dependency; otherwise each everything, in commits of one.
    own: bool,
    /// The step at which all wait for the last of them.
    gate: Option<&'static str>,
}

#[test]
fn eight_and_two_appliers_at_once_lose_nothing() {
    let since = Instant::now();
    let rounds = asked("DEPSTATE_ROUNDS", 20);
    let upstream = upstream();
    let (mut lost, mut commits) = (0, 0);
    let gates = [Some("apply/uploaded"), Some("genesis/before-head"), None];
    for n in 0..rounds {
        let place = usize::try_from(n).unwrap();
        let kind = [Kind::Fs, Kind::S3][place % 2];
        let (own, gate) = (place / 2 % 3 != 2, gates[place / 2 % 3]);
        for crowd in if n % 5 == 4 { vec![8, 2] } else { vec![8] } {
            let (races, serial) = meet(&Round { kind, crowd, own, gate }, &upstream);
            lost += races;
            commits += serial;
        }
    }
    // Nobody would have been in anybody's way.
    assert!(rounds < 4 || lost > rounds, "{lost} lost races in {rounds} rounds");
    record(
        "appliers",
        &serde_json::json!({
            "processes": 8, "rounds": rounds, "commits": commits, "races_lost": lost,
            "seconds": since.elapsed().as_secs_f64(),
        }),
    );
}

/// Lets a crowd meet on an empty prefix. Returns the races that were lost, and the commits.
fn meet(round: &Round, upstream: &Upstream) -> (u64, u64) {
    let place = Place::empty(round.kind);
    let signal = Sandbox::new();
    let go = signal.path("go");
    let sandboxes: Vec<Sandbox> =
        (0..round.crowd).map(|_| checkout(round.kind, &place, upstream, round.crowd)).collect();
    let mut crowd: Vec<Running> = sandboxes
        .iter()
        .enumerate()
        .map(|(n, sandbox)| {
            let own = format!("dep{n}");
            let more =
                if round.own { vec![own.as_str()] } else { vec!["--jobs=1", "--commit-every=0s"] };
            let arguments = ["apply", "--yes"].into_iter().chain(more);
            let steps = match round.gate {
                Some(gate) => format!("{gate}>{},?", go.display()),
                None => "?".to_owned(),
            };
            Running::start(sandbox.command(arguments), &steps)
        })
        .collect();
    if let Some(gate) = round.gate {
        for one in &mut crowd {
            assert!(one.reaches(gate), "it never came to `{gate}`");
        }
    }
    signal.write("go", "");
    let mut lost = 0;
    for one in crowd {
        let (status, said) = one.end();
        assert_eq!(status, 0, "{said:#?}");
        // A lost race is asked about, and then stood on a newer HEAD or given up.
        lost +=
            said.iter().filter(|line| *line == "FAILPOINT commit/after-question").count() as u64;
    }
    let found = published(&place.objects()).unwrap().unwrap();
    let wanted = (0..round.crowd).map(|n| format!("dep{n}@1.0.0/any")).collect();
    assert_eq!(found.live, wanted, "an update was lost");
    assert_eq!(found.serial, found.commits, "each HEAD after genesis is a commit");
    assert!(found.commits >= 1 && found.commits <= round.crowd as u64, "{}", found.commits);
    // The next plan of any of them has nothing to do: what another decided is what it would decide.
    let last = sandboxes.last().unwrap();
    let _again = last.run(["apply", "--yes"]).exits(0);
    let _settled = last.run(["plan", "--detailed-exitcode"]).exits(0);
    assert_eq!(published(&place.objects()).unwrap().unwrap(), found);
    (lost, found.commits)
}
