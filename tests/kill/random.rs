//! Killed at any moment, not only at named steps.

use std::time::{Duration, Instant};

use depstate::model::Sha256;

use super::{
    project::{Scenario, Template, upstream},
    run::{Reference, judge, start},
};
use crate::support::{
    place::Kind,
    reliability::{asked, record},
};

#[test]
fn killed_at_random_moments_nothing_is_lost() {
    let since = Instant::now();
    let (seed, kills) = (asked("DEPSTATE_SEED", 1), asked("DEPSTATE_KILLS", 20));
    let upstream = upstream();
    let mut killed = 0;
    for kind in [Kind::Fs, Kind::S3] {
        let template = Template::new(Scenario::Eight, kind, &upstream);
        let reference = Reference::of(&template);
        // How long it takes when nobody disturbs it.
        let (sandbox, place) = template.copy();
        let begun = Instant::now();
        let (status, said) = start(&template, &sandbox, &place, "").end();
        assert_eq!(status, 0, "{said:#?}");
        let whole = begun.elapsed();
        for kill in 0..kills {
            let draw = Sha256::of(format!("{seed}/{kill}").as_bytes()).0;
            let share = u32::from(u16::from_be_bytes([draw[0], draw[1]]));
            let after: Duration = whole * share / u32::from(u16::MAX);
            let (sandbox, place) = template.copy();
            let mut running = start(&template, &sandbox, &place, "");
            std::thread::sleep(after);
            running.kill();
            killed += 1;
            if let Err(why) = judge(&template, &sandbox, &place, &reference) {
                panic!("DEPSTATE_SEED={seed}, kill {kill} of {kind:?} after {after:?}: {why}");
            }
        }
    }
    record(
        "random_kills",
        &serde_json::json!({
            "runs": killed, "seed": seed, "seconds": since.elapsed().as_secs_f64(),
        }),
    );
}
