//! Promises of a store: listings.

use bytes::Bytes;
use futures::StreamExt as _;

use super::{Scratch, Stop, Tried, ensure};
use crate::storage::Precondition;

/// More than a page of what most stores list.
const MANY: usize = 600;

async fn write(scratch: &Scratch, names: &[String]) -> Tried {
    let writes = names.iter().map(|name| async move {
        let key = scratch.key(name);
        let body = Bytes::from(name.clone());
        scratch.store.put(&key, body, Precondition::Absent).await.map(drop)
    });
    let outcomes: Vec<_> = futures::stream::iter(writes).buffer_unordered(16).collect().await;
    for outcome in outcomes {
        outcome?;
    }
    Ok(())
}

fn same(found: &[String], wanted: &[&String], what: &str) -> Tried {
    if found.iter().eq(wanted.iter().copied()) {
        return Ok(());
    }
    let missing = wanted.iter().find(|name| !found.contains(name));
    let surplus = found.iter().find(|name| !wanted.contains(name));
    let how = match (missing, surplus) {
        (Some(missing), _) => format!("`{missing}` is missing"),
        (None, Some(surplus)) => format!("`{surplus}` should not be there"),
        (None, None) => "they are in another order".to_owned(),
    };
    Err(Stop::Broken(format!("{what}: {} keys of {}; {how}", found.len(), wanted.len())))
}

pub(super) async fn whole(scratch: Scratch) -> Tried {
    // A slash sorts behind `-` and `.`: an order by folders is not the order of keys.
    let mut names: Vec<String> = ["a-b/x", "a/x", "a.b/x", "a/x-y/z", "a/x.json", "a~2b/x", "aX/n"]
        .map(str::to_owned)
        .to_vec();
    names.extend((0..MANY).map(|n| format!("node/{}.{}.0/any/01J{n:05}/n.tar.xz", n % 50, n * 7)));
    write(&scratch, &names).await?;
    names.sort();
    for prefix in ["", "a/", "a", "node/1", "node/7.", "zzz"] {
        let wanted: Vec<&String> = names.iter().filter(|name| name.starts_with(prefix)).collect();
        same(&scratch.keys(prefix, "").await?, &wanted, &format!("below `{prefix}`"))?;
    }
    Ok(())
}

pub(super) async fn after(scratch: Scratch) -> Tried {
    let mut names: Vec<String> = (1..=MANY).map(|n| format!("gen/{n:010}-T.json")).collect();
    names.extend(["gem/x", "gen-1/x", "gen.json", "genx/x", "head.json"].map(str::to_owned));
    write(&scratch, &names).await?;
    names.sort();
    for (prefix, after) in [
        ("gen/", "gen/0000000000"),
        ("gen/", "gen/0000000007-T.json"),
        // Names that no object has.
        ("gen/", "gen/0000000100"),
        ("gen/", "gen/0000000100~"),
        ("gen/", "gen/0000000599-T.json"),
        ("gen/", "gen/0000000600-T.json"),
        // Before, or behind, all that the prefix has.
        ("gen/", "a"),
        ("gen/", "head.json"),
        ("gen", "gen-1/x"),
        ("", "zzz"),
    ] {
        let wanted: Vec<&String> =
            names.iter().filter(|name| name.starts_with(prefix) && name.as_str() > after).collect();
        let what = format!("below `{prefix}` after `{after}`");
        same(&scratch.keys(prefix, after).await?, &wanted, &what)?;
    }
    Ok(())
}

pub(super) async fn left(scratch: Scratch) -> Tried {
    let names: Vec<String> = (0..20).map(|n| format!("{n:02}")).collect();
    write(&scratch, &names).await?;
    let first = scratch.store.list(&scratch.folder).take(3).count().await;
    ensure!(first == 3, "{first} of the first 3 are listed");
    let wanted: Vec<&String> = names.iter().collect();
    same(&scratch.keys("", "").await?, &wanted, "after a listing was left")
}
