//! How well builds and tests can be shut in on this machine.

use super::Examined;
use crate::{
    model::Executor,
    ops::Project,
    workshop::{self, Machine, Tier},
};

/// Says which tiers work here, and what each of them stops; nothing if deps.toml builds and tries
/// nothing.
pub(super) fn look(project: &Project, found: &mut Examined) {
    let manifest = &project.manifest;
    let asked = |wanted| {
        manifest.dependencies.values().any(|rule| {
            let settings = &rule.settings;
            let build = settings.build.as_ref().map(|it| it.executor.unwrap_or_default());
            let test = settings.test.as_ref().map(|it| it.executor.unwrap_or_default());
            build == Some(wanted) || test == Some(wanted)
        })
    };
    let machine = Machine {
        environment: project.setting.environment.clone(),
        program: project.setting.program.clone(),
    };
    let tiers = workshop::tiers(&machine);
    if asked(Executor::Host) {
        found.note("host", "steps may do whatever this user may; limits hold", None);
    }
    for (wanted, of) in [
        (Executor::Sandbox, [Tier::Bubblewrap, Tier::Landlock]),
        (Executor::Container, [Tier::Podman, Tier::Docker]),
    ] {
        if !asked(wanted) {
            continue;
        }
        let mut why = Vec::new();
        let mut works = false;
        for (tier, result) in tiers.iter().filter(|(tier, _)| of.contains(tier)) {
            match result {
                Ok(()) if works => {}
                Ok(()) => {
                    works = true;
                    found.fine(wanted.name(), format!("{tier}: {}", stops(*tier)));
                }
                Err(error) => why.push(format!("{tier}: {error}")),
            }
        }
        let why = why.join("; ");
        if !works {
            let text = format!("nothing works on this machine: {why}");
            let help = "builds and tests by this executor fail until one of them works";
            found.problem(wanted.name(), text, help);
        } else if !why.is_empty() {
            found.note(wanted.name(), format!("not used: {why}"), None);
        }
    }
}

/// What a tier stops, and what it does not.
fn stops(tier: Tier) -> &'static str {
    match tier {
        Tier::Host => "nothing is stopped",
        Tier::Landlock => {
            "stops reading and writing other files, sockets of any kind, and other processes' \
             memory; does not stop changing modes and times of files that this user owns, nor \
             signals before Linux 6.12; no test with `http` without `network = true`"
        }
        Tier::Bubblewrap => {
            "stops reading and writing other files, the network, and seeing other processes; does \
             not stop who has a hole of the kernel's"
        }
        Tier::Podman | Tier::Docker => {
            "stops what the sandbox stops; does not stop who has a hole of the kernel's, or of the \
             container engine's"
        }
    }
}
