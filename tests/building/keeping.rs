//! What was built once is not built again: not after a crash, not on another machine.

use super::workplace::{BUILD, TWO, counted, fill, front, published, records, workplace};
use crate::support::{child::Running, sandbox::Sandbox};

#[test]
fn killed_after_the_build_and_before_the_upload_it_is_not_built_again() {
    let sandbox = workplace(&["1.0.0"], &TWO[..1], BUILD);
    for step in ["build/kept", "build/shared"] {
        let mut running = Running::start(sandbox.command(["apply", "--yes"]), step);
        assert!(running.reaches(step), "{step}");
        running.kill();
        assert!(!sandbox.files("mirror").iter().any(|it| it.starts_with("artifacts/")), "{step}");
    }
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (0, 1, 0), "{}", ran.all());
    assert_eq!(published(&sandbox).len(), 1);
}

#[test]
fn another_machine_takes_the_output_from_the_storage() {
    let one = workplace(&["1.0.0"], TWO, BUILD);
    let _published = one.run(["apply", "--yes"]).exits(0);
    // The records go, what was built stays in the bucket's cache: as if the first had died.
    let bucket = one.path("mirror");
    let other = Sandbox::with(&(front(TWO, bucket.to_str().unwrap()) + BUILD));
    fill(&other, &["1.0.0"], TWO);
    for file in one.files("mirror").iter().filter(|it| !it.starts_with("cache/")) {
        std::fs::remove_file(bucket.join(file)).unwrap();
    }
    let ran = other.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (0, 0, 2), "{}", ran.all());
    assert_eq!(published(&other).len(), 2);
    let records = records(&other);
    let key = records["tool@1.0.0/linux-amd64"]["key"].as_str().unwrap();
    let archive = std::fs::read(bucket.join(key)).unwrap();
    assert_eq!(archive[..2], [0x1f, 0x8b], "it is the archive");
}

#[test]
fn an_output_that_went_bad_is_built_again() {
    let sandbox = workplace(&["1.0.0"], &TWO[..1], BUILD);
    let _built = sandbox.run(["build", "tool"]).exits(0);
    for file in sandbox.files(".depstate/cache/builds") {
        std::fs::write(sandbox.path(".depstate/cache/builds").join(file), "other bytes").unwrap();
    }
    let ran = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(counted(&ran), (1, 0, 0), "{}", ran.all());
    // What the storage keeps is taken for no more than its digest says, either.
    for file in sandbox.files("mirror").iter().filter(|it| it.starts_with("cache/")) {
        if !file.ends_with("output.json") {
            let path = sandbox.path("mirror").join(file);
            let size = std::fs::metadata(&path).unwrap().len();
            std::fs::write(path, vec![b'x'; usize::try_from(size).unwrap()]).unwrap();
        }
    }
    std::fs::remove_dir_all(sandbox.path(".depstate/cache")).unwrap();
    let ran = sandbox.run(["build", "tool"]).exits(0);
    assert_eq!(counted(&ran), (1, 0, 0), "{}", ran.all());
}
