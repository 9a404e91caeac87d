//! Several appliers at once on one prefix, as processes: no update is lost, and a saved plan is
//! applied once.

mod crowd;
mod saved;

use crate::support::{
    place::{Kind, Place},
    sandbox::Sandbox,
    upstream::{Answer, Upstream},
};

/// An HTTP server with a file for each of eight dependencies.
fn upstream() -> Upstream {
    let upstream = Upstream::start();
    for n in 0..8 {
        upstream.route(&format!("/dep{n}-1.0.0.bin"), Answer::body(format!("dep{n} 1.0.0")));
    }
    upstream
}

/// A checkout of the project, which publishes to that place.
fn checkout(kind: Kind, place: &Place, upstream: &Upstream, dependencies: usize) -> Sandbox {
    let base = upstream.url("");
    let dependencies: Vec<String> = (0..dependencies)
        .map(|n| {
            format!(
                "[dependencies.dep{n}]\n\
                 source = {{ driver = \"static\", versions = [\"1.0.0\"], \
                 artifact = \"{base}/dep{n}-{{{{ version }}}}.bin\", insecure = true }}\n\
                 lines = [{{ constraint = \"*\" }}]\n"
            )
        })
        .collect();
    let text = format!("[project]\nname = \"crowd\"\n{}{}", kind.table(), dependencies.concat());
    let mut sandbox = Sandbox::with(&text);
    place.attach(&mut sandbox);
    sandbox
}
