//! What a newcomer sees from the first command to the plan, as a terminal shows it.

use std::{collections::BTreeSet, fmt::Write as _};

use super::recorded::{configuration, recorded, serve};
use crate::support::{golden::golden, sandbox::Sandbox, upstream::Upstream};

/// Five whose digest for linux-amd64 is upstream's own; node's comes with the signature that upstream
/// made over it, and with the key of that one signer: the others' keys are not recorded.
const PRODUCTS: [(&str, &str); 5] =
    [("node", "lts"), ("ruby", "3.3"), ("gradle", "9"), ("httpd", "2.4"), ("ripgrep", "14")];

#[test]
fn five_products_are_added_locked_and_planned() {
    let upstream = Upstream::start();
    let sandbox = Sandbox::new();
    let mut hosts = BTreeSet::new();
    for (product, _) in PRODUCTS {
        hosts.extend(serve(&recorded(product), &upstream));
    }
    sandbox.configure(&configuration(&upstream, &hosts));
    let types = |line: &str| {
        let ran = sandbox.run(line.split(' ').skip(1)).exits(0);
        format!("$ {line}\n{}{}\n", ran.stdout, ran.stderr)
    };
    let mut session = types("depstate init --name tools");
    // As it says: the example that `init` writes wants an archive of its own.
    let archive = "upstream/hello-1.0.0-linux-amd64.tar.gz";
    sandbox.write(archive, "hello\n");
    writeln!(session, "$ mkdir upstream; echo hello > {archive}\n").unwrap();
    for (product, line) in PRODUCTS {
        session += &types(&format!("depstate add {product} --line {line}"));
    }
    session += &types("depstate lock --as-of 2026-09-20");
    session += &types("depstate plan --as-of 2026-09-20");
    let lock = sandbox.read("deps.lock");
    write!(session, "$ cat deps.lock\n{lock}").unwrap();
    golden("catalog/demonstration", &session);

    for digest in [
        "60e3b0a8500819514aca603487c254298cd776de0698d3cd08f11dba5b8289a8",
        "8dc2af2802cc700cd182d5430726388ccf885b3f0a14fcd6a0f21ff249c9aa99",
        "72f44c9f8ebcb1af43838f45ee5c4aa9c5444898b3468ab3f4af7b6076c5bc3f",
        "68c74d4df38c26bed4dfbdb8f3baf1eb532f3872357becc1bba5d136f6b63c06",
        "4cf9f2741e6c465ffdb7c26f38056a59e2a2544b51f7cc128ef28337eeae4d8e",
    ] {
        assert!(lock.contains(digest), "{digest}\n{lock}");
    }
    let signer = "signer = \"openpgp:5BE8A3F6C8A5C01D106C0AD820B1A390B168D356\"";
    assert!(lock.contains(signer), "{lock}");
}
