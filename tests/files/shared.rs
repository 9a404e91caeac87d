//! Two processes in one checkout.

use crate::support::{child::Running, sandbox::Sandbox};

/// A checkout in which an apply stands at a step, and the word that lets it go on.
fn standing(sandbox: Sandbox, step: &str) -> (Sandbox, Running, Sandbox) {
    let signal = Sandbox::new();
    let gate = format!("{step}>{}", signal.path("go").display());
    let mut running = Running::start(sandbox.command(["apply", "--yes"]), &gate);
    assert!(running.reaches(step));
    (sandbox, running, signal)
}

#[test]
fn one_changes_and_the_others_look() {
    for step in ["apply/begun", "commit/before-head", "apply/before-lock", "views/before-list"] {
        let sandbox = Sandbox::example("quickstart");
        // The first file that apply writes is then deps.lock.
        let _prepared = sandbox.run(["lock"]).exits(0);
        std::fs::remove_file(sandbox.path("deps.lock")).unwrap();
        let (sandbox, running, signal) = standing(sandbox, step);
        for second in [&["apply", "--yes"][..], &["lock"], &["update"]] {
            let refused = sandbox.run(second.iter().copied()).exits(1);
            assert!(refused.stderr.contains("error[apply-running]"), "{}", refused.all());
        }
        let plan = sandbox.run(["plan", "--detailed-exitcode", "--out", "plan.json"]);
        assert!([0, 2].contains(&plan.status), "{step}: {}", plan.all());
        let _shown = sandbox.run(["show", "plan.json"]).exits(0);
        signal.write("go", "");
        let (status, said) = running.end();
        assert_eq!(status, 0, "{step}: {said:#?}");
        let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
    }
}

#[test]
fn the_lock_dies_with_whoever_holds_it() {
    let (sandbox, mut running, _signal) = standing(Sandbox::example("quickstart"), "apply/begun");
    running.kill();
    let _next = sandbox.run(["apply", "--yes"]).exits(0);
    let _settled = sandbox.run(["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn caches_are_filled_by_many_at_once() {
    let sandbox = Sandbox::example("quickstart");
    let _published = sandbox.run(["apply", "--yes"]).exits(0);
    for step in ["cache/begun", "cache/before-rename"] {
        std::fs::remove_dir_all(sandbox.path(".depstate/cache")).unwrap();
        let signal = Sandbox::new();
        let gate = format!("{step}>{}", signal.path("go").display());
        let mut crowd: Vec<Running> = (0..6)
            .map(|_| Running::start(sandbox.command(["plan", "--detailed-exitcode"]), &gate))
            .collect();
        for one in &mut crowd {
            assert!(one.reaches(step));
        }
        signal.write("go", "");
        for one in crowd {
            let (status, said) = one.end();
            assert_eq!(status, 0, "{said:#?}");
        }
        let kept = sandbox.files(".depstate/cache/index");
        assert!(!kept.is_empty());
        for file in kept {
            let bytes = std::fs::read(sandbox.path(".depstate/cache/index").join(&file)).unwrap();
            let digest = crate::support::published::sha256(&bytes);
            assert_eq!(file.replace('/', ""), digest, "an entry is whole and under its name");
        }
    }
}

#[test]
fn one_plan_file_is_written_by_many_at_once() {
    let (sandbox, signal) = (Sandbox::example("quickstart"), Sandbox::new());
    let gate = format!("file/settled:1>{}", signal.path("go").display());
    let _prepared = sandbox.run(["plan"]).exits(0);
    let mut crowd: Vec<Running> = (0..6)
        .map(|_| Running::start(sandbox.command(["plan", "--out", "plan.json"]), &gate))
        .collect();
    for one in &mut crowd {
        assert!(one.reaches("file/settled"));
    }
    // Nobody takes the files of those who wait for leftovers of the dead.
    let _one_more = sandbox.run(["plan", "--out", "plan.json"]).exits(0);
    signal.write("go", "");
    for one in crowd {
        let (status, said) = one.end();
        assert_eq!(status, 0, "{said:#?}");
    }
    let _whole = sandbox.run(["apply", "plan.json"]).exits(0);
}

#[test]
fn what_the_dead_left_is_taken_away_and_nothing_else() {
    let sandbox = Sandbox::example("quickstart");
    let _prepared = sandbox.run(["plan"]).exits(0);
    let mut running =
        Running::start(sandbox.command(["plan", "--out", "plan.json"]), "file/settled");
    assert!(running.reaches("file/settled"));
    let temporary = || -> Vec<String> {
        sandbox.files("").into_iter().filter(|file| file.starts_with(".depstate-")).collect()
    };
    let live = temporary();
    assert_eq!(live.len(), 1);
    // As long as the writer lives it is the writer's.
    let _applied = sandbox.run(["apply", "--yes"]).exits(0);
    assert_eq!(temporary(), live);
    running.kill();
    let theirs = [".depstate-notes", ".depstate-0123456789ab", ".depstate-0123-56789ab.tmp"];
    for name in theirs {
        sandbox.write(name, "a person's own");
    }
    let _swept = sandbox.run(["apply", "--yes"]).exits(0);
    let mut expected: Vec<String> = theirs.map(str::to_owned).into();
    expected.sort();
    assert_eq!(temporary(), expected);
}
