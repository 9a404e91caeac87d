//! The judge itself: it notices each object that is missing or altered.

use super::project::{Scenario, Template, upstream};
use crate::support::{place::Kind, published::published};

#[test]
fn whatever_is_taken_away_or_altered_is_noticed() {
    let upstream = upstream();
    let template = Template::new(Scenario::Change, Kind::Fs, &upstream);
    let (sandbox, place) = template.copy();
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    let objects = place.objects();
    let right = published(&objects).unwrap().unwrap();
    assert_eq!((right.serial, right.commits), (2, 2));
    // The record of a version that left stays condemned, and so does its object.
    let condemned = objects.keys().find(|key| key.starts_with("artifacts/plain/1.0.0/")).unwrap();
    let (mut noticed, mut past) = (0, 0);
    for key in objects
        .keys()
        .filter(|key| !["views/", "tx/", "cache/"].iter().any(|it| key.starts_with(it)))
    {
        let mut without = objects.clone();
        without.remove(key);
        let mut altered = objects.clone();
        let mut bytes = altered[key].to_vec();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        altered.insert(key.clone(), bytes.into());
        let wrong = [published(&without), published(&altered)].map(|found| found.is_err());
        match wrong {
            [true, true] => noticed += 1,
            // What a past generation named may be gone, or be looked for in vain.
            [false, false] => {
                assert!(key.starts_with("index/") && key != condemned, "`{key}` is not missed");
                past += 1;
            }
            _ => panic!("`{key}`: missing, altered: {wrong:?}"),
        }
    }
    assert!(noticed >= 12, "{noticed}");
    assert!((1..4).contains(&past), "{past}");
}
