//! Floor 0: named steps at which a test stops the program, to kill it there.
//!
//! Only with the feature `failpoints`, which the package's own tests alone turn on. Without it a
//! step is an empty function, and the names are not in the program.

/// Passes a step.
///
/// With the feature, `DEPSTATE_FAILPOINT` is looked at: at the step that it names (`name`, or
/// `name:3` for the third time) this says `FAILPOINT name` on stderr and never returns; with `?`
/// it says `FAILPOINT name` at every step and returns.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub fn hit(_name: &'static str) {}

/// Passes a step.
///
/// With the feature, `DEPSTATE_FAILPOINT` is looked at: at the step that it names (`name`, or
/// `name:3` for the third time) this says `FAILPOINT name` on stderr and never returns; with `?`
/// it says `FAILPOINT name` at every step and returns.
#[cfg(feature = "failpoints")]
pub fn hit(name: &'static str) {
    use std::{
        io::Write as _,
        sync::{
            OnceLock,
            atomic::{AtomicU64, Ordering},
        },
    };

    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);

    #[expect(clippy::disallowed_methods, reason = "a test's own switch, in no released program")]
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("DEPSTATE_FAILPOINT").ok()?;
        let (name, nth) = text.split_once(':').unwrap_or((&text, "1"));
        Some((name.to_owned(), nth.parse().ok()?))
    });
    let Some((wanted, nth)) = wanted else { return };
    let here = wanted == name && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *nth;
    if here || wanted == "?" {
        // In one piece, so that no progress line comes between; with nobody to read it, it is lost.
        let _unread = std::io::stderr().write_all(format!("FAILPOINT {name}\n").as_bytes());
    }
    while here {
        std::thread::park();
    }
}
