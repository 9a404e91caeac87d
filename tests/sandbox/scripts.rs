//! The attacks themselves. `sh` for shell scripts, `py` for Python; a shell script that ends with 0 and
//! a Python one that says `GOT` has had its way, where a row's own check does not say otherwise.

use std::{fs, time::Duration};

use depstate::model::Limits;

use super::{
    attacks::{Attack, Does, Expect, Seen},
    support::PLENTY,
    victim::SECRET,
};

/// What the outside must be for an attack to work there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing: it always works.
    Nothing,
    /// The user is root.
    Root,
    /// A kernel that has the call, and lets this user make it.
    Kernel,
}
use Needs::{Kernel, Nothing, Root};

const fn sh(name: &'static str, needs: Needs, script: &'static str) -> Attack {
    Attack { name, needs, does: Does::Shell(script), ..Attack::NEW }
}

const fn py(name: &'static str, needs: Needs, script: &'static str) -> Attack {
    Attack { name, needs, does: Does::Python(script), ..Attack::NEW }
}

const MIB: u64 = 1 << 20;

fn said_the_secret(seen: &mut Seen<'_>) -> bool {
    seen.outcome.log.contains(SECRET)
}

fn was_called(seen: &mut Seen<'_>) -> bool {
    seen.victim.was_called()
}

fn is_dead(seen: &mut Seen<'_>) -> bool {
    seen.victim.is_dead()
}

fn wrote_late(seen: &mut Seen<'_>) -> bool {
    std::thread::sleep(Duration::from_millis(700));
    fs::read_to_string(seen.room.part("output").join("late"))
        .is_ok_and(|text| text.contains("late"))
}

fn killed_the_warden(seen: &mut Seen<'_>) -> bool {
    seen.outcome.result.as_ref().is_err_and(|error| error.to_string().contains("warden"))
}

fn log_is_long(seen: &mut Seen<'_>) -> bool {
    seen.outcome.log.len() > 2_000_000
}

fn changed_the_input(seen: &mut Seen<'_>) -> bool {
    fs::read_to_string(seen.room.part("source").join("in.txt")).unwrap() != "input"
}

fn survived(seen: &mut Seen<'_>) -> bool {
    seen.outcome.log.contains("survived")
}

/// Files.
pub(super) const FILES: &[Attack] = &[
    Attack {
        check: Some(said_the_secret),
        ..sh("read ~/.ssh", Nothing, "cat \"$VICTIM/home/.ssh/id_ed25519\"")
    },
    Attack {
        check: Some(said_the_secret),
        ..sh("read ~/.aws", Nothing, "cat \"$VICTIM/home/.aws/credentials\"")
    },
    Attack {
        check: Some(said_the_secret),
        ..sh("read the project's other files", Nothing, "cat \"$VICTIM/project/notes\"")
    },
    sh("list the user's home folder", Nothing, "ls -A \"$REAL_HOME\" | grep -q ."),
    sh("read /etc/passwd of this machine", Nothing, "grep -q '^nobody:' /etc/passwd"),
    sh("read /etc/shadow", Root, "head -c1 /etc/shadow | grep -q ."),
    sh(
        "write into a home folder",
        Nothing,
        "echo x >> \"$VICTIM/home/.profile\" && test -s \"$VICTIM/home/.profile\"",
    ),
    sh("write deps.toml", Nothing, "echo x >> \"$VICTIM/project/deps.toml\""),
    sh("write GITHUB_ENV", Nothing, "echo LD_PRELOAD=x >> \"$VICTIM/github_env\""),
    sh("write beside the room", Nothing, "echo x > \"$ROOM/../beside\""),
    sh("write into the room's root", Nothing, "echo x > \"$ROOM/escaped\""),
    sh("write /", Root, "touch /depstate-attack && rm /depstate-attack"),
    sh("write /usr", Root, "touch /usr/depstate-attack && rm /usr/depstate-attack"),
    sh("write /etc", Root, "touch /etc/depstate-attack && rm /etc/depstate-attack"),
    Attack {
        check: Some(|seen| {
            fs::remove_file(format!("/dev/shm/depstate-{}", seen.victim.key())).is_ok()
        }),
        ..sh("write /dev/shm of this machine", Nothing, "echo x > \"/dev/shm/depstate-$UDP\"")
    },
    Attack {
        check: Some(changed_the_input),
        ..sh("write an input", Nothing, "echo x >> \"$SRC/in.txt\"")
    },
    Attack {
        check: Some(changed_the_input),
        ..sh("replace an input", Nothing, "echo x > new; mv -f new \"$SRC/in.txt\"")
    },
    Attack {
        landlock: Expect::Works,
        ..sh("chmod an input", Nothing, "chmod 777 \"$SRC/in.txt\"")
    },
    Attack {
        landlock: Expect::Works,
        ..sh("chmod a file outside", Nothing, "chmod 777 \"$VICTIM/home/.ssh/id_ed25519\"")
    },
    Attack {
        landlock: Expect::Works,
        ..py(
            "set times of a file outside",
            Nothing,
            "os.utime(env['VICTIM'] + '/home/.profile', (0, 0)); got()",
        )
    },
    sh(
        "hard link to a secret in the output",
        Nothing,
        "ln \"$VICTIM/home/.ssh/id_ed25519\" \"$OUT/link\"",
    ),
    Attack {
        check: Some(said_the_secret),
        ..sh(
            "read through a link in the output",
            Nothing,
            "ln -s \"$VICTIM/home/.ssh\" \"$OUT/ssh\"; cat \"$OUT/ssh/id_ed25519\"",
        )
    },
    Attack {
        check: Some(said_the_secret),
        ..sh(
            "read through /proc/PPID/root",
            Nothing,
            "cat \"/proc/$PPID/root$VICTIM/home/.ssh/id_ed25519\"",
        )
    },
    py(
        "truncate a file outside",
        Nothing,
        "os.truncate(env['VICTIM'] + '/project/notes', 0); got()",
    ),
];

/// Sockets.
pub(super) const SOCKETS: &[Attack] = &[
    Attack {
        check: Some(was_called),
        ..py("TCP", Nothing, "socket.create_connection(('127.0.0.1', int(env['TCP'])))")
    },
    Attack {
        check: Some(was_called),
        ..py(
            "UDP",
            Nothing,
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', int(env['UDP'])))",
        )
    },
    Attack {
        check: Some(was_called),
        ..py(
            "DNS, with the secret in the name",
            Nothing,
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\6secret\\7example\\0\\0\\1\\0\\1', ('127.0.0.1', int(env['UDP'])))",
        )
    },
    py(
        "a way to the metadata service",
        Kernel,
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('169.254.169.254', 80)); got()",
    ),
    Attack {
        check: Some(was_called),
        ..py(
            "abstract unix socket",
            Nothing,
            "socket.socket(socket.AF_UNIX).connect('\\0' + env['NAMELESS'])",
        )
    },
    Attack {
        check: Some(was_called),
        ..py(
            "a daemon's unix socket",
            Nothing,
            "socket.socket(socket.AF_UNIX).connect(env['VICTIM'] + '/daemon.sock')",
        )
    },
    py("netlink", Kernel, "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15); got()"),
    py("packet socket", Root, "socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0); got()"),
    py("raw socket", Root, "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); got()"),
    py("vsock", Kernel, "socket.socket(40, socket.SOCK_STREAM); got()"),
    py("kernel crypto socket", Kernel, "socket.socket(38, socket.SOCK_SEQPACKET); got()"),
];

/// Other processes.
pub(super) const PROCESSES: &[Attack] = &[
    Attack {
        process: true,
        check: Some(said_the_secret),
        ..sh(
            "read another's environment",
            Nothing,
            "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a '^TOKEN='",
        )
    },
    Attack {
        process: true,
        ..sh("read /proc/PID/environ by number", Nothing, "grep -aq TOKEN \"/proc/$PID/environ\"")
    },
    Attack {
        process: true,
        ..sh("read another's command line", Nothing, "grep -aq xyzzy \"/proc/$PID/cmdline\"")
    },
    Attack {
        process: true,
        check: Some(said_the_secret),
        ..sh("read another's open file", Nothing, "cat \"/proc/$PID/fd/0\"")
    },
    Attack {
        process: true,
        check: Some(said_the_secret),
        ..py(
            "read another's memory",
            Kernel,
            "b = ctypes.create_string_buffer(32)\nclass V(ctypes.Structure): _fields_ = [('p', ctypes.c_void_p), ('n', ctypes.c_size_t)]\n\
         call(310, int(env['PID']), ctypes.byref(V(ctypes.addressof(b), 16)), 1, ctypes.byref(V(int(env['ADDRESS']), 16)), 1, 0); print(b.value)",
        )
    },
    Attack {
        process: true,
        ..py("ptrace", Kernel, "call(101, 0x4206, int(env['PID']), 0, 0); got()")
    },
    Attack {
        process: true,
        ..py(
            "take another's descriptor",
            Kernel,
            "fd = call(434, int(env['PID']), 0); call(438, fd, 0, 0); got()",
        )
    },
    Attack {
        process: true,
        check: Some(is_dead),
        landlock: Expect::SinceLinux(6, 12),
        ..sh("kill another process", Nothing, "kill -9 \"$PID\"")
    },
    // Signal 0 asks whether a signal could be sent, and sends none.
    Attack {
        process: true,
        landlock: Expect::SinceLinux(6, 12),
        ..py(
            "signal everybody",
            Nothing,
            "for n in range(2, 100000):\n  try: n != os.getpid() and (os.kill(n, 0), got(), sys.exit())\n  except OSError: pass",
        )
    },
    Attack {
        check: Some(killed_the_warden),
        ..sh("kill the parent", Nothing, "kill -9 $PPID; sleep 1")
    },
    Attack {
        bare: true,
        check: Some(said_the_secret),
        ..py(
            "read an inherited descriptor",
            Nothing,
            "for fd in range(3, 256):\n  try: print(os.pread(fd, 64, 0))\n  except OSError: pass",
        )
    },
    Attack {
        process: true,
        ..py(
            "limit another process",
            Kernel,
            "import resource; resource.prlimit(int(env['PID']), resource.RLIMIT_NOFILE, (64, 64)); got()",
        )
    },
    // Whatever executor it is: so outside is without depstate.
    Attack {
        bare: true,
        check: Some(wrote_late),
        ..py(
            "leave a daemon that writes later",
            Nothing,
            "if os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    [os.close(n) for n in range(3)]\n    time.sleep(0.4); open(env['OUT'] + '/late', 'w').write('late')\n  os._exit(0)",
        )
    },
    Attack {
        bare: true,
        check: Some(wrote_late),
        ..py(
            "hold the output open and write after the end",
            Nothing,
            "f = open(env['OUT'] + '/late', 'w')\nif os.fork() == 0:\n  os.setsid(); signal.signal(signal.SIGTERM, signal.SIG_IGN)\n  time.sleep(0.4); f.write('late'); f.flush(); os._exit(0)\nos._exit(0)",
        )
    },
    Attack {
        check: Some(|seen| seen.shared_memory()),
        ..py("leave System V memory behind", Kernel, "call(29, int(env['UDP']), 4096, 0o1666)")
    },
];

/// The kernel.
pub(super) const KERNEL: &[Attack] = &[
    py("new user name space", Kernel, "call(272, 0x10000000); got()"),
    sh("mount", Kernel, "unshare -rm mount -t tmpfs none \"$TMPDIR\""),
    py("chroot", Root, "os.chroot('/'); got()"),
    py("keyctl", Kernel, "call(248, b'user', b'depstate-test', b'x', 1, -2); got()"),
    py("bpf", Root, "call(321, 0, (ctypes.c_uint32 * 12)(2, 4, 4, 1), 48); got()"),
    py(
        "perf_event_open",
        Kernel,
        "a = (ctypes.c_uint64 * 16)(1 | 112 << 32, 0); a[5] = 0x61; call(298, a, 0, -1, -1, 0); got()",
    ),
    py("io_uring", Kernel, "call(425, 1, (ctypes.c_uint8 * 120)()); got()"),
    py("userfaultfd", Kernel, "call(323, 1); got()"),
    // A time that is none: the kernel's own check answers, where the call gets through to it.
    py("clock_settime", Root, "call_errno(227, 22, 0, (ctypes.c_int64 * 2)(0, 2000000000)); got()"),
    py(
        "TIOCSTI",
        Kernel,
        "m, s = os.openpty(); os.fork() and (os.wait(), os._exit(0)); os.setsid(); fcntl.ioctl(s, 0x540E, 0); fcntl.ioctl(s, 0x5412, b'x'); got()",
    ),
    py("set-user-id programs", Nothing, "libc.prctl(39, 0, 0, 0, 0) == 0 and got()"),
    sh(
        "write another sysctl",
        Root,
        "read -r x < /proc/sys/kernel/core_pattern && echo \"$x\" > /proc/sys/kernel/core_pattern",
    ),
    sh("sysrq", Kernel, "printf '' > /proc/sysrq-trigger"),
    sh("write a sysctl", Root, "echo \"$REAL_HOSTNAME\" > /proc/sys/kernel/hostname"),
    py("run a program from memory", Kernel, "os.write(os.memfd_create('x'), b'x'); got()"),
    sh(
        "32-bit system calls",
        Kernel,
        "command -v cc >/dev/null || exit 1\n\
        echo 'int main(void) { long r; __asm__ volatile(\"int $0x80\" : \"=a\"(r) : \"a\"(20)); return r <= 0; }' | cc -x c -o a - && ./a",
    ),
];

/// Bombs: outside with plenty allowed, and so harmless; inside with limits that they pass.
pub(super) const BOMBS: &[Attack] = &[
    Attack {
        check: Some(survived),
        says: "processes at once",
        inside: Some(Limits { processes: 20, ..PLENTY }),
        ..py(
            "fork bomb",
            Nothing,
            "for _ in range(6): os.fork()\ntime.sleep(0.6); print('survived')",
        )
    },
    Attack {
        check: Some(survived),
        says: "of memory",
        inside: Some(Limits { memory: 64 * MIB, ..PLENTY }),
        ..py(
            "memory bomb, in several processes",
            Nothing,
            "os.fork(); os.fork(); b = b'x' * (32 << 20); time.sleep(0.6); print('survived')",
        )
    },
    Attack {
        check: Some(survived),
        says: "wrote more than 8 MiB",
        inside: Some(Limits { output: 8 * MIB, ..PLENTY }),
        ..sh(
            "disk bomb, in many files",
            Nothing,
            "for n in $(seq 40); do head -c 1000000 /dev/zero > \"$OUT/$n\" || exit; done; sleep 0.6; echo survived",
        )
    },
    Attack {
        check: Some(survived),
        says: "wrote more than 8 MiB",
        inside: Some(Limits { output: 8 * MIB, ..PLENTY }),
        ..sh(
            "disk bomb, in one file",
            Nothing,
            "head -c 40000000 /dev/zero > \"$TMPDIR/x\" && echo survived",
        )
    },
    Attack {
        check: Some(survived),
        says: "wrote more than 8 MiB",
        inside: Some(Limits { output: 8 * MIB, ..PLENTY }),
        ..py(
            "disk bomb, in files without a name",
            Nothing,
            "fs = []\nfor n in range(8):\n  fs.append(open('x', 'wb')); os.unlink('x'); fs[-1].write(b'x' * 4000000); fs[-1].flush()\ntime.sleep(0.8); print('survived')",
        )
    },
    Attack {
        check: Some(survived),
        says: "files",
        inside: Some(Limits { output: 8 * MIB, ..PLENTY }),
        ..py(
            "inode bomb",
            Nothing,
            "for n in range(2500): os.close(os.open(env['TMPDIR'] + '/%d' % n, os.O_CREAT | os.O_WRONLY))\ntime.sleep(2); print('survived')",
        )
    },
    Attack {
        check: Some(survived),
        says: "in each other",
        inside: Some(PLENTY),
        bare: true,
        ..py(
            "folders in each other",
            Nothing,
            "for n in range(400): os.mkdir('d'); os.chdir('d')\ntime.sleep(2); print('survived')",
        )
    },
    Attack {
        check: Some(log_is_long),
        inside: Some(Limits { log: 100_000, ..PLENTY }),
        outside: Some(Limits { log: 10_000_000, ..PLENTY }),
        ..sh("log bomb", Nothing, "head -c 3000000 /dev/zero | tr '\\0' x")
    },
    Attack {
        check: Some(survived),
        says: "ran for more than 300 ms",
        inside: Some(Limits { time: Duration::from_millis(300), ..PLENTY }),
        ..sh(
            "run for ever",
            Nothing,
            "trap '' TERM INT HUP; n=0; while [ $n -lt 600000 ]; do n=$((n + 1)); done; echo survived",
        )
    },
];
