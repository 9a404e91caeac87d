//! What the helper takes from itself before it looks at a single byte.

use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::workshop::archive::ArchiveLimits;

/// Memory that it may map: what xz and Zstandard may need, the names of 100,000 members, and itself.
const MEMORY: u64 = 4 << 30;
const SECONDS: u64 = 15 * 60;
const DESCRIPTORS: u64 = 64;

/// Restricts this process for good: no file but below `into`, no network, and so much of everything.
pub(super) fn restrict(into: &Path, limits: &ArchiveLimits) -> Result<(), String> {
    for (resource, most) in [
        (Resource::Fsize, limits.member.max(limits.total)),
        (Resource::As, MEMORY),
        (Resource::Cpu, SECONDS),
        (Resource::Nofile, DESCRIPTORS),
        (Resource::Core, 0),
    ] {
        // It may be lower already, and nobody may raise it.
        let most = getrlimit(resource).maximum.map_or(most, |already| most.min(already));
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|error| format!("a limit can't be set: {error}"))?;
    }
    shut_in(into)
}

/// By Landlock: this process may read and write below `into`, and nowhere else.
#[cfg(target_os = "linux")]
fn shut_in(into: &Path) -> Result<(), String> {
    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, PathBeneath, PathFd,
        Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
    };

    let abi = ABI::V6;
    let enforced = || -> Result<RulesetStatus, RulesetError> {
        let all = AccessFs::from_all(abi);
        let Ok(folder) = PathFd::new(into) else {
            return Ok(RulesetStatus::NotEnforced);
        };
        // What an older kernel can't forbid, the network and signals, this process has no use for;
        // that it writes nowhere else even the first can.
        Ok(Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(all)?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?
            .add_rule(PathBeneath::new(folder, all & !AccessFs::Execute))?
            .restrict_self()?
            .ruleset)
    };
    match enforced() {
        Ok(RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced) => Ok(()),
        Ok(RulesetStatus::NotEnforced) => Err("the kernel has no Landlock".to_owned()),
        Err(error) => Err(format!("Landlock failed: {error}")),
    }
}

/// Elsewhere than on Linux there are only the limits.
#[cfg(not(target_os = "linux"))]
fn shut_in(_: &Path) -> Result<(), String> {
    Ok(())
}
