//! One thing goes wrong, or a maintainer changes their mind.
#![expect(clippy::wildcard_enum_match_arm, reason = "each part here knows its own few of them")]

use depstate::{
    model::{
        Address, Condemned, Digest, InputDigest, Keep, Listing, Observed, Scheme, TargetName,
        Version, Why,
    },
    planner::{Filter, Update},
};

use super::{
    making::{failed, row, rule},
    world::{World, id, located, sha},
};

/// What can happen; the number says to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Disturbance {
    ObjectMissing,
    ObjectSize,
    ObjectCopied,
    ObjectAltered,
    ObjectUnread,
    ObjectsUnknown,
    RecordLost,
    RecordMetadata,
    RecordInput,
    RecordSource,
    RecordUrl,
    RecordCondemned,
    RecordDoomed,
    LockLost,
    LockLacksDependency,
    LockLacksRelease,
    LockLacksFile,
    LockUnsettled,
    LockOtherUrl,
    NewVersion,
    NewHalfVersion,
    NewestYanked,
    NewestGone,
    OldestGone,
    IndexEmpty,
    IndexUnknown,
    Republished,
    Moved,
    MovedToOtherBytes,
    License,
    KeepMore,
    KeepLess,
    Excluded,
    TargetRemoved,
    TargetAdded,
    DependencyRemoved,
    LineRemoved,
    Filtered,
    NothingDownloaded,
}

impl Disturbance {
    pub(super) const ALL: &[Self] = &[
        Self::ObjectMissing,
        Self::ObjectSize,
        Self::ObjectCopied,
        Self::ObjectAltered,
        Self::ObjectUnread,
        Self::ObjectsUnknown,
        Self::RecordLost,
        Self::RecordMetadata,
        Self::RecordInput,
        Self::RecordSource,
        Self::RecordUrl,
        Self::RecordCondemned,
        Self::RecordDoomed,
        Self::LockLost,
        Self::LockLacksDependency,
        Self::LockLacksRelease,
        Self::LockLacksFile,
        Self::LockUnsettled,
        Self::LockOtherUrl,
        Self::NewVersion,
        Self::NewHalfVersion,
        Self::NewestYanked,
        Self::NewestGone,
        Self::OldestGone,
        Self::IndexEmpty,
        Self::IndexUnknown,
        Self::Republished,
        Self::Moved,
        Self::MovedToOtherBytes,
        Self::License,
        Self::KeepMore,
        Self::KeepLess,
        Self::Excluded,
        Self::TargetRemoved,
        Self::TargetAdded,
        Self::DependencyRemoved,
        Self::LineRemoved,
        Self::Filtered,
        Self::NothingDownloaded,
    ];

    /// Tells whether deps.toml was changed so that other versions may be wanted.
    pub(super) fn changes_wish(self) -> bool {
        matches!(
            self,
            Self::KeepMore
                | Self::KeepLess
                | Self::Excluded
                | Self::TargetRemoved
                | Self::TargetAdded
                | Self::DependencyRemoved
                | Self::LineRemoved
        )
    }
}

use Disturbance as D;

fn nth<T: Clone>(all: impl Iterator<Item = T>, n: usize) -> Option<T> {
    let all: Vec<T> = all.collect();
    if all.is_empty() { None } else { Some(all[n % all.len()].clone()) }
}

fn live(world: &World, n: usize) -> Option<Address> {
    nth(world.snapshot()?.live.keys().cloned(), n)
}

/// A dependency that deps.toml still has.
fn dependency(world: &World, n: usize) -> Option<String> {
    nth(world.manifest.dependencies.keys().map(ToString::to_string), n)
}

/// Lets it happen.
pub(super) fn disturb(world: &mut World, what: Disturbance, n: usize) {
    match what {
        D::ObjectMissing | D::ObjectSize | D::ObjectCopied | D::ObjectAltered | D::ObjectUnread => {
            object(world, what, n);
        }
        D::RecordLost
        | D::RecordMetadata
        | D::RecordInput
        | D::RecordSource
        | D::RecordUrl
        | D::RecordCondemned
        | D::RecordDoomed => record(world, what, n),
        D::LockLost
        | D::LockLacksDependency
        | D::LockLacksRelease
        | D::LockLacksFile
        | D::LockUnsettled
        | D::LockOtherUrl => lock(world, what, n),
        D::NewVersion
        | D::NewHalfVersion
        | D::NewestYanked
        | D::NewestGone
        | D::OldestGone
        | D::IndexEmpty
        | D::IndexUnknown
        | D::Republished => index(world, what, n),
        D::ObjectsUnknown => world.objects = Observed::Unknown(Why::NotAsked),
        D::NothingDownloaded => world.downloads = false,
        D::Filtered => {
            let Some(address) = live(world, n) else { return };
            let text = match n % 3 {
                0 => address.dependency.to_string(),
                1 => format!("{}@{}", address.dependency, address.version),
                _ => format!("*/{}", address.target),
            };
            world.options.filters = vec![Filter::new(&text).unwrap()];
        }
        D::Moved
        | D::MovedToOtherBytes
        | D::License
        | D::KeepMore
        | D::KeepLess
        | D::Excluded
        | D::TargetRemoved
        | D::TargetAdded
        | D::DependencyRemoved
        | D::LineRemoved => {
            wish(world, what, n);
        }
    }
}

fn object(world: &mut World, what: Disturbance, n: usize) {
    let Some(address) = live(world, n) else { return };
    let record = world.snapshot().unwrap().live[&address].clone();
    let Observed::Known(objects) = &mut world.objects else { return };
    let Some(object) = objects.get_mut(&record.key) else { return };
    match what {
        D::ObjectMissing => {
            objects.remove(&record.key);
            return;
        }
        D::ObjectSize => object.size += 1,
        _ => {}
    }
    object.revision.0.push_str("-copy");
    let found = match what {
        D::ObjectCopied => Observed::Known(record.sha256),
        D::ObjectAltered => Observed::Known(sha("somebody's bytes")),
        _ => Observed::Unknown(failed()),
    };
    world.rehashed.insert(record.key, found);
}

fn record(world: &mut World, what: Disturbance, n: usize) {
    let Some(address) = live(world, n) else { return };
    let snapshot = world.snapshot_mut();
    let record = snapshot.live.get_mut(&address).unwrap();
    match what {
        D::RecordMetadata => record.metadata.licenses.push("0BSD".to_owned()),
        D::RecordInput => record.input = InputDigest(sha("an earlier way to make it")),
        D::RecordSource => {
            let other = sha("an earlier source");
            record.source.sha256 = other;
            record.sha256 = other;
            record.input = InputDigest(sha(&format!("{{\"source\":\"{other}\"}}")));
        }
        D::RecordUrl => "https://old.example.test/x.tgz".clone_into(&mut record.source.url),
        _ => {
            let record = snapshot.live.remove(&address).unwrap();
            if what == D::RecordLost {
                return;
            }
            if what == D::RecordDoomed {
                snapshot.doomed.insert(record.key.clone());
            }
            let retired = record.published;
            let one = Condemned { record, retired, reason: "line-keeps".to_owned() };
            snapshot.condemned.insert(one.record.key.clone(), one);
        }
    }
}

fn lock(world: &mut World, what: Disturbance, n: usize) {
    let Some(name) = nth(world.lock.dependencies.keys().cloned(), n) else { return };
    match what {
        D::LockLost => world.lock.dependencies.clear(),
        D::LockLacksDependency => {
            world.lock.dependencies.remove(&name);
        }
        _ => {
            let locked = world.lock.dependencies.get_mut(&name).unwrap();
            if what == D::LockUnsettled {
                locked.asked = None;
                return;
            }
            if locked.releases.is_empty() {
                return;
            }
            let at = n % locked.releases.len();
            if what == D::LockLacksRelease {
                locked.releases.remove(at);
                return;
            }
            let files = &mut locked.releases[at].artifacts;
            if what == D::LockLacksFile {
                files.pop_first();
            } else if let Some(file) = files.values_mut().next() {
                // A mirror that serves the same bytes.
                let url = format!("https://mirror.example.test/{}", file.url);
                world.upstream.insert(url.clone(), file.sha256);
                file.url = url;
            }
        }
    }
}

fn index(world: &mut World, what: Disturbance, n: usize) {
    let Some(name) = dependency(world, n) else { return };
    world.options.update =
        if n.is_multiple_of(2) { Update::All } else { Update::Only([id(&name)].into()) };
    let listing = world.listings.get_mut(&id(&name)).unwrap();
    match what {
        D::IndexEmpty => *listing = Observed::Known(Listing::default()),
        D::IndexUnknown => *listing = Observed::Unknown(failed()),
        _ => {
            let Observed::Known(listing) = listing else { return };
            let rows = &mut listing.rows;
            let version = |text: &str| Scheme::Semver.read(text).unwrap();
            rows.sort_by(|a, b| {
                Scheme::Semver.compare(&version(&a.upstream), &version(&b.upstream))
            });
            match what {
                D::NewVersion => rows.push(row(&format!("v{}.9.{}", 1 + n % 2, n % 5))),
                D::NewHalfVersion => {
                    let mut half = row(&format!("v{}.8.0", 1 + n % 2));
                    half.target = Some("amd".to_owned());
                    rows.push(half);
                }
                D::NewestGone => {
                    rows.pop();
                }
                D::OldestGone => {
                    rows.drain(..1.min(rows.len()));
                }
                D::NewestYanked => {
                    if let Some(row) = rows.last_mut() {
                        row.yanked = true;
                    }
                }
                _ => {
                    let at = n % rows.len().max(1);
                    let Some(row) = rows.get_mut(at) else { return };
                    row.digests = vec![Digest::from(sha("republished"))];
                    let upstream = row.upstream.clone();
                    for target in ["amd", "arm"] {
                        let url = format!("https://example.test/{name}/{upstream}/{target}.tgz");
                        world.upstream.insert(url, sha("republished"));
                    }
                }
            }
        }
    }
}

fn wish(world: &mut World, what: Disturbance, n: usize) {
    let Some(name) = dependency(world, n) else { return };
    if what == D::DependencyRemoved {
        world.manifest.dependencies.remove(&id(&name));
        return;
    }
    let versions: Vec<Version> = world
        .snapshot()
        .iter()
        .flat_map(|it| it.live.values())
        .map(|it| it.version.clone())
        .collect();
    let old = world.clone();
    let it = world.dep(&name);
    let line = n % it.lines.len();
    match what {
        D::License => it.settings.licenses = vec!["MIT".to_owned()],
        D::KeepMore => it.lines[line].keep = Keep::Newest(4),
        D::KeepLess => it.lines[line].keep = Keep::Newest(1),
        D::Excluded => {
            let version = nth(versions.into_iter(), n).map_or("9".to_owned(), |it| it.to_string());
            let target = it.targets[0].to_string();
            let some = [target.as_str()];
            let targets = if n.is_multiple_of(2) { None } else { Some(&some[..]) };
            it.exclude.push(rule(&format!("={version}"), targets));
        }
        D::TargetRemoved if it.targets.len() > 1 => {
            it.targets.remove(n % 2);
        }
        D::TargetAdded => {
            let arm = TargetName::new("arm").unwrap();
            if !it.targets.contains(&arm) {
                it.targets.push(arm);
            }
        }
        D::LineRemoved if it.lines.len() > 1 => {
            it.lines.remove(line);
        }
        D::Moved | D::MovedToOtherBytes => {
            let text = "https://mirror.example.test/{{ id }}/{{ upstream }}/{{ target.name }}.tgz";
            it.settings.artifact = vec![located(text)];
            if what == D::Moved {
                mirror(world, &old, &name);
            }
        }
        _ => {}
    }
}

/// The mirror serves what the old address served.
fn mirror(world: &mut World, old: &World, name: &str) {
    for version in ["v1", "v2"].iter().flat_map(|it| (0..10).map(move |n| format!("{it}.{n}"))) {
        for patch in 0..10 {
            for target in ["amd", "arm"] {
                let path = format!("{name}/{version}.{patch}/{target}.tgz");
                let served = old.serves(&format!("https://example.test/{path}"));
                world.upstream.insert(format!("https://mirror.example.test/{path}"), served);
            }
        }
    }
}
