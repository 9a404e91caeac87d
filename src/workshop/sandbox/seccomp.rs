//! Which system calls a step may make: a filter of the system's.
//!
//! It forbids what builds don't need and what would lead out: other processes' memory, name spaces,
//! mounts, keys, kernel interfaces with a long record of holes, sockets of odd families.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, sock_filter,
};

/// Which network a step has, as far as a filter can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sockets {
    /// A network of its own, without a way out of it: by name spaces.
    Own,
    /// None at all.
    None,
    /// This machine's, but no sockets of this machine's own services.
    Internet,
}

/// What a filter is to forbid.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// Which sockets it leaves.
    pub(super) sockets: Sockets,
    /// Whether it has this machine's name spaces: then it gets no System V memory and queues, may
    /// not change other processes' limits, and `chown` does nothing, and says it has.
    pub(super) shares: bool,
    /// Processes that it may not signal.
    pub(super) protected: Vec<i32>,
}

/// Makes a filter.
pub(super) fn filter(rules: &Rules) -> Result<BpfProgram, String> {
    let failed = |error: seccompiler::BackendError| error.to_string();
    let mut denied: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let mut deny = |call: libc::c_long, rules: Vec<SeccompRule>| {
        denied.entry(call).or_default().extend(rules);
    };
    for call in always() {
        deny(call, Vec::new());
    }
    if rules.shares {
        // Landlock does not look at modes: what a step may reach it could leave behind as a program
        // that runs as somebody else.
        for (call, mode) in MODES {
            for bit in [libc::S_ISUID, libc::S_ISGID] {
                let bit = libc::c_int::try_from(bit).unwrap_or_default();
                deny(*call, vec![all(&[masked(*mode, bit)]).map_err(failed)?]);
            }
        }
        deny(libc::SYS_prlimit64, vec![all(&[is_not(0, 0)]).map_err(failed)?]);
        for call in [
            libc::SYS_shmget,
            libc::SYS_shmat,
            libc::SYS_shmctl,
            libc::SYS_semget,
            libc::SYS_semop,
            libc::SYS_semctl,
            libc::SYS_msgget,
            libc::SYS_msgsnd,
            libc::SYS_msgrcv,
            libc::SYS_msgctl,
            libc::SYS_mq_open,
            libc::SYS_mq_unlink,
        ] {
            deny(call, Vec::new());
        }
    }
    // Upper halves of flags are not looked at by the kernel either.
    for flag in NAMESPACES {
        deny(libc::SYS_clone, vec![all(&[masked(0, *flag)]).map_err(failed)?]);
    }
    for request in [libc::TIOCSTI, libc::TIOCLINUX] {
        deny(libc::SYS_ioctl, vec![all(&[is(1, request)]).map_err(failed)?]);
    }
    let (unix, inet, inet6, netlink) = (
        libc::AF_UNIX.cast_unsigned(),
        libc::AF_INET.cast_unsigned(),
        libc::AF_INET6.cast_unsigned(),
        libc::AF_NETLINK.cast_unsigned(),
    );
    let families: &[u32] = match rules.sockets {
        Sockets::None => &[],
        Sockets::Own => &[unix, inet, inet6, netlink],
        // A socket with a path may be a daemon that does anything it is told.
        Sockets::Internet => &[inet, inet6, netlink],
    };
    if families.is_empty() {
        deny(libc::SYS_socket, Vec::new());
    } else {
        let others: Vec<Condition> = families.iter().map(|family| is_not(0, *family)).collect();
        deny(libc::SYS_socket, vec![all(&others).map_err(failed)?]);
        // Routes may be read; the rest of netlink is for administrators.
        let odd = [is(0, netlink.into()), is_not(2, 0)];
        deny(libc::SYS_socket, vec![all(&odd).map_err(failed)?]);
        let raw = [masked_type(libc::SOCK_RAW), is_not(0, netlink)];
        deny(libc::SYS_socket, vec![all(&raw).map_err(failed)?]);
    }
    for pid in &rules.protected {
        // As a process, as a group, and as everybody.
        for target in [*pid, -*pid, -1] {
            let rule = || all(&[is(0, u64::from(target.cast_unsigned()))]).map_err(failed);
            for call in [libc::SYS_kill, libc::SYS_tkill, libc::SYS_tgkill] {
                deny(call, vec![rule()?]);
            }
            for call in
                [libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo, libc::SYS_pidfd_open]
            {
                deny(call, vec![rule()?]);
            }
        }
    }
    let arch = std::env::consts::ARCH
        .try_into()
        .map_err(|_| format!("there is no filter for {}", std::env::consts::ARCH))?;
    let denied = SeccompFilter::new(
        denied,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM.cast_unsigned()),
        arch,
    );
    let program: BpfProgram = denied.and_then(TryInto::try_into).map_err(failed)?;
    Ok(before(rules).into_iter().chain(program).collect())
}

/// The kind of a comparison: argument, operator, value.
type Condition = (u8, SeccompCmpOp, u64);

fn all(conditions: &[Condition]) -> Result<SeccompRule, seccompiler::BackendError> {
    let conditions: Result<Vec<_>, _> = conditions
        .iter()
        .map(|(argument, operator, value)| {
            SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, operator.clone(), *value)
        })
        .collect();
    SeccompRule::new(conditions?)
}

fn is(argument: u8, value: u64) -> Condition {
    (argument, SeccompCmpOp::Eq, value)
}

fn is_not(argument: u8, value: u32) -> Condition {
    (argument, SeccompCmpOp::Ne, value.into())
}

fn masked(argument: u8, bits: libc::c_int) -> Condition {
    let bits = u64::from(bits.cast_unsigned());
    (argument, SeccompCmpOp::MaskedEq(bits), bits)
}

/// A socket's type, without the flags that are in the same number.
fn masked_type(kind: libc::c_int) -> Condition {
    (1, SeccompCmpOp::MaskedEq(0xf), u64::from(kind.cast_unsigned()))
}

/// Calls that change modes, and which argument the mode is.
const MODES: &[(libc::c_long, u8)] = &[
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chmod, 1),
    (libc::SYS_fchmod, 1),
    (libc::SYS_fchmodat, 2),
    (libc::SYS_fchmodat2, 2),
];

/// Flags of `clone` that ask for a name space.
const NAMESPACES: &[libc::c_int] = &[
    libc::CLONE_NEWNS,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWCGROUP,
];

/// What is forbidden whatever its arguments are.
fn always() -> Vec<libc::c_long> {
    vec![
        // Other processes.
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_process_madvise,
        libc::SYS_pidfd_getfd,
        libc::SYS_kcmp,
        libc::SYS_perf_event_open,
        // Name spaces and mounts.
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_move_mount,
        libc::SYS_open_tree,
        libc::SYS_fsopen,
        libc::SYS_fsconfig,
        libc::SYS_fsmount,
        libc::SYS_fspick,
        libc::SYS_mount_setattr,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_open_by_handle_at,
        libc::SYS_fanotify_init,
        // Keys are no file, and outlive the step.
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        // The kernel itself, and the machine.
        libc::SYS_bpf,
        libc::SYS_userfaultfd,
        libc::SYS_kexec_load,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_delete_module,
        libc::SYS_reboot,
        libc::SYS_swapon,
        libc::SYS_swapoff,
        libc::SYS_acct,
        libc::SYS_quotactl,
        libc::SYS_syslog,
        libc::SYS_vhangup,
        libc::SYS_settimeofday,
        libc::SYS_clock_settime,
        libc::SYS_sethostname,
        libc::SYS_setdomainname,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_kexec_file_load,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_iopl,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_ioperm,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_modify_ldt,
    ]
}

/// What is answered before the filter proper: "there is no such call", so that libraries take the
/// older one, whose arguments a filter can see; or "done", where nothing was.
fn before(rules: &Rules) -> Vec<sock_filter> {
    let mut answers: Vec<(libc::c_long, u32)> = [
        libc::SYS_clone3,
        // Memory that no process need map, so nobody could count it.
        libc::SYS_memfd_create,
        libc::SYS_memfd_secret,
        // Does what other calls do, past every filter.
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
    ]
    .into_iter()
    .map(|call| (call, libc::ENOSYS.cast_unsigned()))
    .collect();
    if rules.shares {
        answers.extend([libc::SYS_fchown, libc::SYS_fchownat].map(|call| (call, 0)));
        #[cfg(target_arch = "x86_64")]
        answers.extend([libc::SYS_chown, libc::SYS_lchown].map(|call| (call, 0)));
    }
    let step = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    // Loads the call's number, and compares.
    let mut program = vec![step(LOAD, 0, 0, 0)];
    for (call, errno) in answers {
        let Ok(number) = u32::try_from(call) else { continue };
        program.push(step(JUMP_IF_EQUAL, 0, 1, number));
        program.push(step(RETURN, 0, 0, ERRNO | errno));
    }
    // The calls of x32 have numbers of their own, which no other rule names.
    if cfg!(target_arch = "x86_64") {
        program.push(step(JUMP_IF_AT_LEAST, 0, 1, 0x4000_0000));
        program.push(step(RETURN, 0, 0, ERRNO | libc::ENOSYS.cast_unsigned()));
    }
    program
}

/// `BPF_LD | BPF_W | BPF_ABS`.
const LOAD: u16 = 0x20;
/// `BPF_JMP | BPF_JEQ | BPF_K`.
const JUMP_IF_EQUAL: u16 = 0x15;
/// `BPF_JMP | BPF_JGE | BPF_K`.
const JUMP_IF_AT_LEAST: u16 = 0x35;
/// `BPF_RET | BPF_K`.
const RETURN: u16 = 0x06;
/// `SECCOMP_RET_ERRNO`.
const ERRNO: u32 = 0x0005_0000;

/// Returns a filter's bytes, as bubblewrap reads them from a file.
pub(super) fn bytes(program: &BpfProgram) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(program.len() * 8);
    for step in program {
        bytes.extend(step.code.to_ne_bytes());
        bytes.extend([step.jt, step.jf]);
        bytes.extend(step.k.to_ne_bytes());
    }
    bytes
}
