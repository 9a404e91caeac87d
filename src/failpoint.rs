//! Floor 0: named steps at which a test stops the program, to kill it there.
//!
//! Only with the feature `failpoints`, which the package's own tests alone turn on. Without it a
//! step is an empty function, and the names are not in the program.
//!
//! With the feature, `DEPSTATE_FAILPOINT` says what happens, in a list with commas: `name` stops
//! for ever the first time that step is passed, `name:3` the third time, `name>path` waits the
//! first time until there is a file. Before it stops or waits, the program says `FAILPOINT name` on
//! stderr. `?` says that at every step and stops at none.

/// Passes a step.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub fn hit(_name: &'static str) {}

/// Passes a step.
#[cfg(feature = "failpoints")]
pub fn hit(name: &'static str) {
    use std::{io::Write as _, sync::OnceLock, sync::atomic::Ordering, time::Duration};

    static WANTED: OnceLock<Vec<wanted::Wanted>> = OnceLock::new();
    for wanted in WANTED.get_or_init(wanted::read) {
        let here =
            wanted.name == name && wanted.passed.fetch_add(1, Ordering::SeqCst) + 1 == wanted.nth;
        if here || wanted.name == "?" {
            // In one piece, so that no progress line comes between; with no reader it is lost.
            let line = format!("FAILPOINT {name}\n");
            let _unread = std::io::stderr().write_all(line.as_bytes());
        }
        while here && !wanted.until.as_ref().is_some_and(|path| path.exists()) {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

#[cfg(feature = "failpoints")]
mod wanted {
    use std::{path::PathBuf, sync::atomic::AtomicU64};

    /// One entry of the list.
    pub(super) struct Wanted {
        pub(super) name: String,
        pub(super) nth: u64,
        pub(super) until: Option<PathBuf>,
        pub(super) passed: AtomicU64,
    }

    pub(super) fn read() -> Vec<Wanted> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a test's own switch, in no released program"
        )]
        let text = std::env::var("DEPSTATE_FAILPOINT").unwrap_or_default();
        text.split(',').filter(|item| !item.is_empty()).map(one).collect()
    }

    fn one(item: &str) -> Wanted {
        let (item, until) = match item.split_once('>') {
            Some((item, path)) => (item, Some(path.into())),
            None => (item, None),
        };
        let (name, nth) = item.split_once(':').unwrap_or((item, "1"));
        let (name, nth) = (name.to_owned(), nth.parse().unwrap_or(1));
        Wanted { name, nth, until, passed: AtomicU64::new(0) }
    }
}
