//! Steps without a script.

use std::{fs, os::unix::fs::symlink, path::Path};

use depstate::{
    model::{ArchiveFormat, Repack},
    workshop::{ArchiveLimits, check, pack},
};

use super::shop::{Shop, members};

/// An upstream archive, and a shop that repacks it.
fn shop(rule: Repack, make: impl Fn(&Path)) -> Shop {
    let mut shop = Shop::new("");
    let folder = shop.root().join("upstream");
    fs::create_dir_all(&folder).unwrap();
    make(&folder);
    let archive = shop.root().join("upstream.zip");
    pack(&folder, ArchiveFormat::Zip, 0, &archive).unwrap();
    shop.source = (archive, "upstream.zip".to_owned());
    shop.recipe.script = None;
    shop.recipe.inputs.clear();
    shop.recipe.repack = Some(rule);
    shop.recipe.archive = ArchiveFormat::TarGz;
    shop
}

fn put(root: &Path, path: &str) {
    let at = root.join(path);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::write(at, path.rsplit('/').next().unwrap()).unwrap();
}

fn node(root: &Path) {
    for path in ["bin/node", "bin/npm", "lib/a.so", "share/doc/x/y", "share/man/n.1", "README"] {
        put(&root.join("node-v1"), path);
    }
    symlink("../bin/node", root.join("node-v1/lib/link")).unwrap();
    fs::create_dir(root.join("node-v1/empty")).unwrap();
}

#[tokio::test]
async fn members_are_stripped_chosen_and_renamed() {
    let rule = Repack {
        strip_components: 1,
        include: vec![],
        exclude: vec!["share/doc".to_owned(), "*/npm".to_owned()],
        rename: [("README", "doc/README.txt"), ("share/", "usr/share/")]
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .into(),
    };
    let shop = shop(rule, node);
    let (built, said) = shop.build().await;
    assert_eq!(said, "depstate: build contract 1, repack, tool@1.2.0/linux-amd64\n");
    assert_eq!(built.tier, None);
    assert_eq!(
        members(&built.path),
        [
            "bin/ 755",
            "bin/node 644 node",
            "doc/ 755",
            "doc/README.txt 644 README",
            "empty/ 755",
            "lib/ 755",
            "lib/a.so 644 a.so",
            "lib/link 777 -> ../bin/node",
            "usr/ 755",
            "usr/share/ 755",
            "usr/share/man/ 755",
            "usr/share/man/n.1 644 n.1",
        ]
    );
}

#[tokio::test]
async fn only_what_is_included_is_taken() {
    let rule = Repack {
        strip_components: 1,
        include: vec!["bin".to_owned(), "*.so".to_owned()],
        ..Repack::default()
    };
    let shop = shop(rule, node);
    let (built, _) = shop.build().await;
    let paths: Vec<String> =
        members(&built.path).iter().map(|it| it.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(paths, ["bin/", "bin/node", "bin/npm", "lib/", "lib/a.so"]);
}

#[tokio::test]
async fn one_member_can_become_the_file() {
    let rule =
        Repack { strip_components: 2, include: vec!["node".to_owned()], ..Repack::default() };
    let mut shop = shop(rule, node);
    shop.recipe.archive = ArchiveFormat::File;
    assert_eq!(shop.text().await, "node");
}

#[tokio::test]
async fn what_can_not_be_repacked_is_said_in_words() {
    let plain = Repack::default();
    let mut single = shop(plain.clone(), node);
    single.source = single.fetched("tool.txt", "no archive");
    let error = single.error().await;
    assert!(error.to_string().contains("`tool.txt` is no archive"), "{error}");

    let none = Repack { include: vec!["nothing".to_owned()], ..plain.clone() };
    assert!(shop(none, node).error().await.to_string().contains("no member is left"));

    let both = Repack {
        rename: [("node-v1/bin/npm".to_owned(), "node-v1/bin/node".to_owned())].into(),
        ..plain.clone()
    };
    let error = shop(both, node).error().await.to_string();
    assert!(error.contains("`node-v1/bin/node` and `node-v1/bin/npm`"), "{error}");

    let out =
        Repack { rename: [("node-v1/lib/link".to_owned(), "link".to_owned())].into(), ..plain };
    let error = shop(out, node).error().await;
    assert_eq!(error.code().as_str(), "bad-output");
    assert!(error.to_string().contains("`link`"), "{error}");
}

/// Whatever we pack we unpack: long paths and letters of all kinds too.
#[test]
fn archives_of_ours_pass_our_own_walk() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("tree");
    for path in [
        "bin/tool".to_owned(),
        "straße/ü 字.txt".to_owned(),
        format!("{}/file", "m".repeat(120)),
        format!("{}/{}", ["folder-with-a-name"; 12].join("/"), "x".repeat(120)),
        "é".repeat(90),
    ] {
        put(&root, &path);
    }
    fs::create_dir(root.join("empty")).unwrap();
    symlink("straße/ü 字.txt", root.join("link")).unwrap();
    symlink(format!("{}/file", "m".repeat(120)), root.join("long-link")).unwrap();
    let mut lists = Vec::new();
    for format in
        [ArchiveFormat::TarGz, ArchiveFormat::TarXz, ArchiveFormat::TarZst, ArchiveFormat::Zip]
    {
        let archive = place.path().join(format.name());
        pack(&root, format, 1_614_834_368, &archive).unwrap();
        let found = check(&archive, &ArchiveLimits::default()).unwrap().expect("an archive");
        assert!(found.iter().any(|member| member.path == "straße/ü 字.txt"));
        lists.push(found);
    }
    assert!(lists.windows(2).all(|pair| pair[0] == pair[1]), "{lists:#?}");
}
