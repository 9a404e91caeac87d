//! The project that is killed: three kinds of sources, a file in parts, versions that come and go.

use crate::support::{
    child::Running,
    place::{Kind, Place},
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

/// More than one request takes.
const LARGE: u64 = 9 << 20;

/// What is about to happen when the program is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scenario {
    /// The first apply to an empty prefix.
    First,
    /// Another apply: versions come, go and stay, a dependency is new.
    Change,
    /// The same, and somebody else commits while it uploads.
    Race,
    /// An apply that can commit nothing.
    Fail,
    /// A plan that is saved.
    Plan,
    /// A collection: what was retired is past its grace, and an apply died with a file in parts.
    Collect,
    /// A collection of the dead apply alone, on whose base nobody has committed since.
    Sweep,
    /// The first apply of eight files, a commit now and then.
    Eight,
}

impl Scenario {
    /// Those in which the program is killed at steps.
    pub(super) const STEPS: [Self; 7] =
        [Self::First, Self::Change, Self::Race, Self::Fail, Self::Plan, Self::Collect, Self::Sweep];

    /// The command that is killed.
    pub(super) fn command(self) -> &'static [&'static str] {
        match self {
            Self::Plan => &["plan", "--out", "saved.json"],
            Self::Collect | Self::Sweep => &["gc", "--yes", "--older-than=0s"],
            Self::Eight => &["apply", "--yes", "--jobs=2", "--commit-every=0s"],
            Self::First | Self::Change | Self::Race | Self::Fail => {
                &["apply", "--yes", "--json-into", "report.json"]
            }
        }
    }

    /// True: it takes away, and publishes nothing.
    pub(super) fn collects(self) -> bool {
        [Self::Collect, Self::Sweep].contains(&self)
    }

    fn retention(self) -> &'static str {
        if self == Self::Collect { "[retention]\ngrace = \"0s\"\n" } else { "" }
    }

    /// deps.toml at that moment.
    fn manifest(self, kind: Kind, base: &str) -> String {
        match self {
            Self::First => first(kind, base),
            Self::Change | Self::Race | Self::Plan => second(kind, base),
            Self::Collect | Self::Sweep => second(kind, base) + self.retention(),
            Self::Fail => first(kind, base) + &fixed("broken", "*", base),
            Self::Eight => eight(kind, base),
        }
    }
}

/// An HTTP server with all that the project mirrors.
pub(super) fn upstream() -> Upstream {
    let upstream = Upstream::start();
    upstream.route("/plain.json", Answer::json(r#"["1.0.0", "1.1.0", "2.0.0"]"#));
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        upstream.route(&format!("/plain-{version}.bin"), Answer::body(format!("plain {version}")));
    }
    upstream.route("/large-1.0.0.bin", Answer::generated(LARGE));
    upstream.route("/extra-1.0.0.bin", Answer::body("extra 1.0.0"));
    upstream.route("/built-1.0.0.bin", Answer::body("built 1.0.0"));
    for n in 1..=8 {
        upstream.route(&format!("/file{n}-1.0.0.bin"), Answer::generated(100_000 * n));
    }
    upstream
}

fn fixed(id: &str, constraint: &str, base: &str) -> String {
    format!(
        "[dependencies.{id}]\n\
         source = {{ driver = \"static\", versions = [\"1.0.0\", \"2.0.0\"], \
         artifact = \"{base}/{id}-{{{{ version }}}}.bin\", insecure = true }}\n\
         lines = [{{ constraint = \"{constraint}\" }}]\n"
    )
}

fn manifest(kind: Kind, base: &str, plain: &str, local: &str) -> String {
    let table = kind.table();
    format!(
        "[project]\nname = \"kill\"\n{table}\
         [dependencies.plain]\n\
         source = {{ driver = \"http-json\", url = \"{base}/plain.json\", select = \".[]\", \
         artifact = \"{base}/plain-{{{{ version }}}}.bin\", insecure = true }}\n\
         lines = [{{ constraint = \"{plain}\", keep = 2 }}]\n\
         [dependencies.local]\nsource = {{ driver = \"dir\", path = \"upstream\" }}\n\
         lines = [{{ constraint = \"{local}\" }}]\n"
    )
}

/// Built on this very machine: where it runs is not the point here.
fn built(base: &str) -> String {
    fixed("built", "1.*", base)
        + "[dependencies.built.build]\nscript = \"make.sh\"\nexecutor = \"host\"\n"
}

fn first(kind: Kind, base: &str) -> String {
    manifest(kind, base, "1.*", "1.*")
}

fn second(kind: Kind, base: &str) -> String {
    manifest(kind, base, "*", "2.*")
        + &fixed("large", "1.*", base)
        + &fixed("extra", "1.*", base)
        + &built(base)
}

fn eight(kind: Kind, base: &str) -> String {
    let files: String = (1..=8).map(|n| fixed(&format!("file{n}"), "1.*", base)).collect();
    format!("[project]\nname = \"kill\"\n{}{files}", kind.table())
}

/// Everything as it is right before a scenario, to be copied for each run.
pub(super) struct Template {
    pub(super) scenario: Scenario,
    pub(super) kind: Kind,
    base: String,
    place: Place,
    lock: Option<String>,
}

impl Template {
    pub(super) fn new(scenario: Scenario, kind: Kind, upstream: &Upstream) -> Self {
        let base = upstream.url("");
        let empty = Self { scenario, kind, base, place: Place::empty(kind), lock: None };
        if [Scenario::First, Scenario::Eight].contains(&scenario) {
            return empty;
        }
        let (sandbox, place) = empty.copy();
        sandbox.write("deps.toml", first(kind, &empty.base));
        let _published = sandbox.run(["apply", "--yes"]).exits(0);
        if scenario == Scenario::Collect {
            sandbox.write("deps.toml", manifest(kind, &empty.base, "2.*", "2.*"));
            let _retired = sandbox.run(["apply", "--yes"]).exits(0);
        }
        if scenario.collects() {
            sandbox.write("deps.toml", second(kind, &empty.base));
            let dies = "artifact/before-complete";
            let mut running = Running::start(sandbox.command(["apply", "--yes"]), dies);
            assert!(running.reaches(dies));
            running.kill();
        }
        Self { place, lock: Some(sandbox.read("deps.lock")), ..empty }
    }

    /// A checkout and a place of its own.
    pub(super) fn copy(&self) -> (Sandbox, Place) {
        let place = self.place.fork();
        (self.checkout(&place), place)
    }

    /// A checkout that publishes to that place.
    pub(super) fn checkout(&self, place: &Place) -> Sandbox {
        let mut sandbox = Sandbox::with(&self.scenario.manifest(self.kind, &self.base));
        for version in ["1.0.0", "2.0.0"] {
            sandbox.write(&format!("upstream/local-{version}.tar.gz"), format!("local {version}"));
        }
        sandbox.write("make.sh", "cp \"$DEPSTATE_SOURCE\" \"$DEPSTATE_OUTPUT/built.txt\"\n");
        if let Some(lock) = &self.lock {
            sandbox.write("deps.lock", lock);
        }
        place.attach(&mut sandbox);
        sandbox
    }

    /// deps.lock before the scenario.
    pub(super) fn lock(&self) -> Option<&str> {
        self.lock.as_deref()
    }

    /// deps.toml of the run that must end well.
    pub(super) fn wanted(&self) -> String {
        match self.scenario {
            Scenario::First => first(self.kind, &self.base),
            Scenario::Eight => eight(self.kind, &self.base),
            Scenario::Change | Scenario::Race | Scenario::Fail | Scenario::Plan => {
                second(self.kind, &self.base)
            }
            Scenario::Collect | Scenario::Sweep => {
                second(self.kind, &self.base) + self.scenario.retention()
            }
        }
    }
}
