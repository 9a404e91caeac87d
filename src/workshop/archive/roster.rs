//! What members an archive has so far, and whether another may join them.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;

use super::{ArchiveLimits, Member, MemberKind, stop::Stop};

/// How many links one way may go over.
const HOPS: usize = 40;

/// Members so far.
#[derive(Debug)]
pub(super) struct Roster<'a> {
    limits: &'a ArchiveLimits,
    /// By path, as the least careful file system would read it.
    nodes: BTreeMap<String, Node>,
    members: Vec<Member>,
    total: u64,
}

#[derive(Debug)]
struct Node {
    path: String,
    is: Is,
}

#[derive(Debug)]
enum Is {
    /// A folder that no header names.
    Implied,
    Folder,
    File {
        size: u64,
        executable: bool,
    },
    Link(String),
}

impl<'a> Roster<'a> {
    pub(super) fn new(limits: &'a ArchiveLimits) -> Self {
        Self { limits, nodes: BTreeMap::new(), members: Vec::new(), total: 0 }
    }

    /// Lets a member join, or not. False: it is a folder that is there already.
    pub(super) fn join(&mut self, member: Member) -> Result<bool, Stop> {
        let refuse = |why: String| Err(Stop::member(member.path.as_bytes(), why));
        for (at, _) in member.path.match_indices('/') {
            let above = &member.path[..at];
            let node = self
                .nodes
                .entry(folded(above))
                .or_insert_with(|| Node { path: above.to_owned(), is: Is::Implied });
            match &node.is {
                _ if node.path != above => {
                    return refuse(format!(
                        "lies in a folder that differs from `{}` in case or accents alone",
                        node.path
                    ));
                }
                Is::Implied | Is::Folder => {}
                Is::File { .. } => return refuse(format!("lies below the file `{above}`")),
                Is::Link(_) => return refuse(format!("lies below the link `{above}`")),
            }
        }
        let key = folded(&member.path);
        if let Some(node) = self.nodes.get_mut(&key) {
            if node.path != member.path {
                return refuse(format!("differs from `{}` in case or accents alone", node.path));
            }
            match (&node.is, &member.kind) {
                (Is::Folder, MemberKind::Folder) => return Ok(false),
                (Is::Implied, MemberKind::Folder) => node.is = Is::Folder,
                (Is::Implied | Is::Folder, _) => {
                    return refuse("stands where a folder is".to_owned());
                }
                (Is::File { .. } | Is::Link(_), MemberKind::Folder) => {
                    return refuse("is a folder and a file at once".to_owned());
                }
                (Is::File { .. } | Is::Link(_), _) => return refuse("is there twice".to_owned()),
            }
        } else {
            let is = match &member.kind {
                MemberKind::File => Is::File { size: member.size, executable: member.executable },
                MemberKind::Folder => Is::Folder,
                MemberKind::Link(target) => Is::Link(target.clone()),
            };
            self.nodes.insert(key, Node { path: member.path.clone(), is });
        }
        if self.nodes.len() as u64 > self.limits.members {
            return refuse(format!("is one too many: at most {} members", self.limits.members));
        }
        self.fits(&member)?;
        self.total = self.total.saturating_add(member.size);
        self.members.push(member);
        Ok(true)
    }

    fn fits(&self, member: &Member) -> Result<(), Stop> {
        let refuse = |why: String| Err(Stop::member(member.path.as_bytes(), why));
        if member.size > self.limits.member {
            return refuse(format!(
                "is too large: {} bytes, at most {}",
                member.size, self.limits.member
            ));
        }
        if self.total.saturating_add(member.size) > self.limits.total {
            return refuse(format!(
                "is one too many: all members together may have {} bytes",
                self.limits.total
            ));
        }
        Ok(())
    }

    /// Returns size and mode of a file that has joined.
    pub(super) fn file(&self, path: &str) -> Option<(u64, bool)> {
        match self.nodes.get(&folded(path)) {
            Some(Node { path: exact, is: Is::File { size, executable } }) if exact == path => {
                Some((*size, *executable))
            }
            _ => None,
        }
    }

    /// Follows every link to its end, and returns the members.
    pub(super) fn close(self) -> Result<Vec<Member>, Stop> {
        for member in &self.members {
            if let MemberKind::Link(target) = &member.kind {
                self.follow(&member.path, target)?;
            }
        }
        Ok(self.members)
    }

    /// Follows a link over other links. One that ends at nothing is let be: it leads nowhere.
    fn follow(&self, path: &str, target: &str) -> Result<(), Stop> {
        let refuse = |why: &str| {
            Err(Stop::member(path.as_bytes(), format_args!("is a link to `{target}`, {why}")))
        };
        let mut at: Vec<&str> = path.split('/').collect();
        at.pop();
        let mut ahead: Vec<&str> = target.split('/').rev().collect();
        let mut hops = 0;
        while let Some(part) = ahead.pop() {
            match part {
                "" | "." => continue,
                ".." => {
                    if at.pop().is_none() {
                        return refuse("which leads out of the archive over other links");
                    }
                    continue;
                }
                part => at.push(part),
            }
            if let Some(Node { is: Is::Link(next), .. }) = self.nodes.get(&folded(&at.join("/"))) {
                hops += 1;
                if hops > HOPS {
                    return refuse("which goes round in a circle, or over too many links");
                }
                at.pop();
                ahead.extend(next.split('/').rev());
            }
        }
        Ok(())
    }
}

/// A path as a file system reads it that knows no case, composes accents and drops what stands last
/// in a part if it is a dot or a space.
fn folded(path: &str) -> String {
    let mut key = String::with_capacity(path.len());
    for (n, part) in path.split('/').enumerate() {
        if n > 0 {
            key.push('/');
        }
        let trimmed = part.trim_end_matches(['.', ' ']);
        let part = if trimmed.is_empty() { part } else { trimmed };
        if part.is_ascii() {
            key.extend(part.chars().map(|c| c.to_ascii_lowercase()));
        } else {
            let composed: String = part.nfc().collect();
            key.extend(composed.to_uppercase().to_lowercase().nfc());
        }
    }
    key
}
