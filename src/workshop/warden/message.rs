//! What depstate and the warden tell each other.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    path::PathBuf,
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// Longest an order may be, in bytes.
const LONGEST: u64 = 64 << 20;

/// What the warden is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::workshop) struct Order {
    /// The program and its arguments, as the step sees them.
    pub(in crate::workshop) argv: Vec<String>,
    /// Its whole environment.
    pub(in crate::workshop) env: BTreeMap<String, String>,
    /// Where it begins, as the step sees it.
    pub(in crate::workshop) cwd: PathBuf,
    /// What it may take at most.
    pub(in crate::workshop) bounds: Bounds,
    /// Folders on this machine that it may write, which are watched.
    pub(in crate::workshop) writable: Vec<PathBuf>,
    /// How it is shut in.
    pub(in crate::workshop) confined: Confined,
    /// This program.
    pub(in crate::workshop) program: PathBuf,
    /// The process that gives the order.
    pub(in crate::workshop) from: i32,
}

/// What a step may take at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::workshop) struct Bounds {
    /// Wall time.
    pub(in crate::workshop) time: Duration,
    /// Memory of all processes together, in bytes.
    pub(in crate::workshop) memory: u64,
    /// What it may write in all, in bytes.
    pub(in crate::workshop) output: u64,
    /// Processes at once.
    pub(in crate::workshop) processes: u32,
}

/// How a step is shut in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::workshop) enum Confined {
    /// Not at all.
    Not,
    /// By bubblewrap.
    Bubblewrap {
        /// Where it is.
        program: PathBuf,
        /// Its arguments, before the command.
        args: Vec<String>,
        /// Whether it may use the network.
        network: bool,
    },
    /// By Landlock and seccomp.
    Landlock {
        /// What may be read besides the system's.
        readable: Vec<PathBuf>,
        /// What may be written.
        writable: Vec<PathBuf>,
        /// Whether it may use the network.
        network: bool,
    },
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::workshop) struct Report {
    /// How.
    pub(in crate::workshop) end: End,
    /// How many processes it had left behind, which are dead now.
    pub(in crate::workshop) left: u64,
    /// How many of them could not be killed.
    pub(in crate::workshop) alive: u64,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::workshop) enum End {
    /// By itself.
    Code(i32),
    /// By a signal.
    Signal(i32),
    /// It passed a limit.
    Crossed(Crossed),
    /// depstate asked for it.
    Cancelled,
    /// It never ran.
    NotStarted(String),
}

/// A limit that was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::workshop) enum Crossed {
    /// Wall time.
    Time(Duration),
    /// Bytes of memory.
    Memory(u64),
    /// Bytes written.
    Output(u64),
    /// Files and folders written.
    Files(u64),
    /// Folders in each other.
    Depth(usize),
    /// Processes.
    Processes(u32),
}

/// Sends an order.
pub(in crate::workshop) fn order_bytes(order: &Order) -> io::Result<Vec<u8>> {
    let text = serde_json::to_vec(order)?;
    let mut bytes = Vec::with_capacity(text.len() + 8);
    bytes.write_all(&(text.len() as u64).to_le_bytes())?;
    bytes.write_all(&text)?;
    Ok(bytes)
}

/// Reads an order.
pub(in crate::workshop) fn read_order(from: &mut impl Read) -> io::Result<Order> {
    let mut length = [0_u8; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST {
        return Err(io::Error::other("too long"));
    }
    let mut text = Vec::new();
    from.take(length).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}
