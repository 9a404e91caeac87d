//! `add`, killed at every step at which it writes: deps.toml is as it was or whole, and the next run
//! succeeds.

use super::add::{KEY, KEYS, MANIFEST, PRINT, sandbox};
use crate::support::{
    child::Running,
    upstream::{Answer, Upstream},
};

#[test]
fn killed_at_any_write_the_next_run_adds() {
    let upstream = Upstream::start();
    upstream.route(&format!("{KEYS}/{PRINT}.asc"), Answer::body(KEY));
    let whole = {
        let sandbox = sandbox(&upstream);
        let _added = sandbox.run(["add", "node"]).exits(0);
        (sandbox.read("keys/node.asc"), sandbox.read("deps.toml"))
    };
    let mut killed = 0;
    for step in ["made", "written", "settled", "renamed", "kept"] {
        // First .depstate/ is told to git as what it is, then come the keys, then deps.toml.
        for nth in [1, 2, 3] {
            let sandbox = sandbox(&upstream);
            let point = format!("file/{step}");
            let command = sandbox.command(["add", "node"]);
            let mut running = Running::start(command, &format!("{point}:{nth}"));
            assert!(running.reaches(&point), "{point}:{nth}");
            running.kill();
            killed += 1;
            let named = ["renamed", "kept"].contains(&step);
            let keys = nth == 3 || nth == 2 && named;
            assert_eq!(sandbox.exists("keys/node.asc"), keys, "{point}:{nth}");
            let done = nth == 3 && named;
            let manifest = sandbox.read("deps.toml");
            assert_eq!(manifest, if done { &*whole.1 } else { MANIFEST }, "{point}:{nth}");
            // Whatever is there is read, and the same again succeeds or says that it is done.
            let again = sandbox.run(["add", "node"]).exits(i32::from(done));
            assert!(!done || again.stderr.contains("exists"), "{}", again.all());
            assert_eq!(sandbox.read("keys/node.asc"), whole.0, "{point}:{nth}");
            assert_eq!(sandbox.read("deps.toml"), whole.1, "{point}:{nth}");
            let rest: Vec<String> = sandbox
                .files(".")
                .into_iter()
                .filter(|file| !file.starts_with(".depstate/") && file != ".gitignore")
                .collect();
            assert_eq!(rest, ["deps.toml", "keys/node.asc"], "{point}:{nth}");
        }
    }
    assert_eq!(killed, 15);
}
