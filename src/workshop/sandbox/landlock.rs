//! The weaker tier: a process restricts itself, for good, before it becomes the step.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, PathBeneath, PathFd,
    Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetStatus, Scope,
};
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::{
    seccomp::{self, Rules, Sockets},
    system,
};

/// What the kernel must have: before it, files that may not be written could be emptied.
const LEAST: ABI = ABI::V3;
/// All that could be had, best first.
const ABIS: &[ABI] = &[ABI::V9, ABI::V8, ABI::V7, ABI::V6, ABI::V5, ABI::V4, LEAST];

/// Devices that may be used.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
/// What tools ask the kernel about the machine; nothing about other processes.
const MACHINE: &[&str] = &[
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/kernel/ngroups_max",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/pid_max",
    "/proc/sys/vm/overcommit_memory",
    "/proc/uptime",
    "/proc/version",
    "/sys/devices/system/cpu",
    "/sys/kernel/mm/transparent_hugepage",
];

/// What a step may do.
#[derive(Debug)]
pub(super) struct Allowed<'a> {
    /// Files and folders that it may read, beside the system's.
    pub(super) readable: &'a [PathBuf],
    /// Folders that it may write.
    pub(super) writable: &'a [PathBuf],
    /// Whether it may use the network.
    pub(super) network: bool,
    /// Processes that it may not signal, where the kernel can't keep it from all others.
    pub(super) protected: Vec<i32>,
}

/// Returns the best that the kernel has.
pub(super) fn best() -> Result<ABI, String> {
    let ok = |abi: &&ABI| ruleset(**abi, false).is_ok();
    let best = ABIS.iter().find(ok).copied();
    best.ok_or_else(|| "the kernel has no Landlock, or one older than Linux 6.2's".to_owned())
}

/// Tells whether a kernel keeps steps from signalling processes outside.
pub(super) fn scopes_signals(abi: ABI) -> bool {
    abi >= ABI::V6
}

/// Tells whether this tier works here.
pub(super) fn probe() -> Result<ABI, String> {
    let abi = best()?;
    let rules = rules(false, Vec::new());
    seccomp::filter(&rules).map(|_| abi)
}

/// Restricts this process, and whatever it becomes or starts, for good.
pub(super) fn restrict(allowed: &Allowed<'_>) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| error.to_string();
    let abi = best()?;
    let (read, write) = (AccessFs::from_read(abi), AccessFs::from_all(abi));
    let tools = system::FOLDERS.iter().map(PathBuf::from).filter(|path| path.exists());
    let tools: Vec<PathBuf> = tools.chain(system::settings(allowed.network)).collect();
    let facts: Vec<PathBuf> =
        MACHINE.iter().map(PathBuf::from).filter(|path| path.exists()).collect();
    let devices: Vec<PathBuf> = DEVICES.iter().map(PathBuf::from).collect();
    let mut rules = ruleset(abi, allowed.network).map_err(|error| failed(&error))?;
    for (paths, access) in [
        (tools.as_slice(), read),
        (facts.as_slice(), AccessFs::ReadFile | AccessFs::ReadDir),
        (devices.as_slice(), AccessFs::ReadFile | AccessFs::WriteFile),
        (allowed.readable, read),
        (allowed.writable, write),
    ] {
        for path in paths {
            rules = allow(rules, path, access, abi).map_err(|error| failed(&error))?;
        }
    }
    drop_capabilities().map_err(|error| failed(&error))?;
    let status = rules.restrict_self().map_err(|error| failed(&error))?;
    if status.ruleset != RulesetStatus::FullyEnforced || !status.no_new_privs {
        return Err("the kernel enforces only a part of the rules".to_owned());
    }
    let protected = if scopes_signals(abi) { Vec::new() } else { allowed.protected.clone() };
    let filter = seccomp::filter(&self::rules(allowed.network, protected))?;
    seccompiler::apply_filter(&filter).map_err(|error| failed(&error))
}

fn rules(network: bool, protected: Vec<i32>) -> Rules {
    Rules {
        sockets: if network { Sockets::Internet } else { Sockets::None },
        shares: true,
        protected,
    }
}

/// A ruleset of all that the kernel can forbid, or an error if it can't.
fn ruleset(abi: ABI, network: bool) -> Result<RulesetCreated, landlock::RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(abi))?;
    if abi >= ABI::V4 && !network {
        rules = rules.handle_access(AccessNet::from_all(abi))?;
    }
    if abi >= ABI::V6 {
        rules = rules.scope(Scope::from_all(abi))?;
    }
    rules.create()
}

fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: landlock::BitFlags<AccessFs>,
    abi: ABI,
) -> Result<RulesetCreated, Box<dyn std::error::Error>> {
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(abi) };
    Ok(rules.add_rule(PathBeneath::new(PathFd::new(path)?, access))?)
}

/// Root without capabilities is no more than the owner of root's files.
fn drop_capabilities() -> rustix::io::Result<()> {
    let all = CapabilitySet::from_bits_retain(u64::MAX);
    rustix::thread::clear_ambient_capability_set()?;
    let had = rustix::thread::capabilities(None)?;
    if had.effective.contains(CapabilitySet::SETPCAP) {
        for bit in 0..64 {
            let one = CapabilitySet::from_bits_retain(1 << bit) & all;
            if rustix::thread::capability_is_in_bounding_set(one) == Ok(true) {
                rustix::thread::remove_capability_from_bounding_set(one)?;
            }
        }
    }
    let none = CapabilitySet::empty();
    rustix::thread::set_capabilities(
        None,
        CapabilitySets { effective: none, permitted: none, inheritable: none },
    )
}
