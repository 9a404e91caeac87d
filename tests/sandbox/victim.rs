//! What a step is after: secrets, services and processes of its own making, thrown away afterwards.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{TcpListener, UdpSocket},
    os::{
        fd::OwnedFd,
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixListener},
    },
    process::{Child, Command, Stdio},
};

use rustix::fs::{Mode, OFlags};

/// In every secret, and nowhere else.
pub(super) const SECRET: &str = "xyzzy-plugh-2718";

const PROCESS: &str = r"
import ctypes, sys
libc = ctypes.CDLL(None)
libc.prctl(0x59616d61, ctypes.c_ulong(2**64 - 1), 0, 0, 0)  # anybody of this user may trace it
secret = ctypes.create_string_buffer(sys.argv[1].encode())
print(ctypes.addressof(secret), flush=True)
import signal; signal.pause()
";

/// A home folder, a project, listeners of all kinds, and a process.
#[derive(Debug)]
pub(super) struct Victim {
    pub(super) folder: tempfile::TempDir,
    tcp: TcpListener,
    udp: UdpSocket,
    nameless: UnixListener,
    named: UnixListener,
    name: String,
    /// What every program started from here inherits.
    _inherited: OwnedFd,
    process: Option<(Child, String)>,
}

impl Victim {
    pub(super) fn new(with_process: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for inner in ["home/.ssh", "home/.aws", "project"] {
            fs::create_dir_all(at(inner)).unwrap();
        }
        for file in ["home/.ssh/id_ed25519", "home/.aws/credentials", "project/notes", "held"] {
            fs::write(at(file), SECRET).unwrap();
        }
        for file in ["project/deps.toml", "home/.profile", "github_env"] {
            fs::write(at(file), "").unwrap();
        }
        let name = format!("depstate-test-{}", folder.path().file_name().unwrap().display());
        let nameless = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        let victim = Self {
            tcp: TcpListener::bind("127.0.0.1:0").unwrap(),
            udp: UdpSocket::bind("127.0.0.1:0").unwrap(),
            nameless: UnixListener::bind_addr(&nameless).unwrap(),
            named: UnixListener::bind(at("daemon.sock")).unwrap(),
            process: with_process.then(|| {
                process(
                    rustix::fs::open(at("held"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
                        .unwrap(),
                )
            }),
            _inherited: rustix::fs::open(at("held"), OFlags::RDONLY, Mode::empty()).unwrap(),
            name,
            folder,
        };
        victim.tcp.set_nonblocking(true).unwrap();
        victim.udp.set_nonblocking(true).unwrap();
        victim.nameless.set_nonblocking(true).unwrap();
        victim.named.set_nonblocking(true).unwrap();
        victim
    }

    /// What an attacker knows.
    pub(super) fn told(&self) -> Vec<(String, String)> {
        let port = |address: std::net::SocketAddr| address.port().to_string();
        let mut told = vec![
            ("VICTIM".to_owned(), self.folder.path().to_str().unwrap().to_owned()),
            ("TCP".to_owned(), port(self.tcp.local_addr().unwrap())),
            ("UDP".to_owned(), port(self.udp.local_addr().unwrap())),
            ("NAMELESS".to_owned(), self.name.clone()),
        ];
        if let Some((child, address)) = &self.process {
            told.push(("PID".to_owned(), child.id().to_string()));
            told.push(("ADDRESS".to_owned(), address.clone()));
        }
        told
    }

    /// Whether anybody connected, or sent anything.
    pub(super) fn was_called(&self) -> bool {
        let mut bytes = [0; 64];
        self.tcp.accept().is_ok()
            || self.udp.recv(&mut bytes).is_ok()
            || self.nameless.accept().is_ok()
            || self.named.accept().is_ok()
    }

    /// A number that no other one has.
    pub(super) fn key(&self) -> u16 {
        self.udp.local_addr().unwrap().port()
    }

    pub(super) fn is_dead(&mut self) -> bool {
        let (child, _) = self.process.as_mut().unwrap();
        // Signals arrive in their own time.
        (0..20).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(5));
            child.try_wait().unwrap().is_some()
        })
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.process {
            let _dead = child.kill();
            let _ended = child.wait();
        }
    }
}

fn process(held: OwnedFd) -> (Child, String) {
    let mut child = Command::new("/usr/bin/python3")
        .args(["-c", PROCESS, SECRET])
        .env("TOKEN", SECRET)
        .stdin(held)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().to_owned())
}
