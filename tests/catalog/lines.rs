//! What a person writes for a line, beside what stands in deps.toml.

use depstate::catalog::{find, read_line};

#[test]
fn the_front_of_a_version_is_a_line_and_a_whole_version_is_itself() {
    for (id, written, wanted) in [
        ("node", "22", "22.*"),
        ("node", "v22", "22.*"),
        ("node", "22.1", "22.1.*"),
        ("node", "22.1.0", "=22.1.0"),
        ("node", "lts", "lts"),
        ("node", ">=20, <23", ">=20, <23"),
        ("node", "*", "*"),
        ("go", "1.20", "1.20.*"),
        ("icu", "78", "78.*"),
        ("icu", "78.3", "=78.3"),
        ("openresty", "1.27.1", "1.27.1.*"),
        ("openresty", "1.27.1.2", "=1.27.1.2"),
        ("corretto", "21.0.12", "21.0.12.*"),
        ("temurin", "8", "8.*"),
        ("php", "8.5", "8.5.*"),
    ] {
        let line = read_line(&find(id).unwrap(), written).unwrap();
        assert_eq!(line.text(), wanted, "{id} {written}");
    }
}

#[test]
fn what_is_no_line_is_told_with_what_is() {
    for written in ["latest", "22-", "", "stable"] {
        let error = read_line(&find("node").unwrap(), written).unwrap_err();
        let help = error.help.unwrap();
        assert!(help.contains("--line 24") && help.contains("`lts`"), "{written}: {help}");
    }
    // Named lines are those of the product.
    assert!(read_line(&find("ruby").unwrap(), "lts").is_err());
}

#[test]
fn the_nearest_products_are_named() {
    for (asked, wanted) in [
        ("nodejs", "node"),
        ("nod", "node"),
        ("golang", "go"),
        ("pyton", "python"),
        ("jdk", "temurin"),
        ("dotnet", "dotnet-sdk"),
        ("dotnet-aspnetcore", "aspnetcore"),
        ("apache", "httpd"),
        ("openjdk", "temurin"),
    ] {
        let error = find(asked).unwrap_err();
        let help = error.help.unwrap();
        assert!(help.contains(&format!("`{wanted}`")), "{asked}: {help}");
    }
    let nothing = find("frobnicator").unwrap_err().help.unwrap();
    assert!(nothing.contains("depstate catalog"), "{nothing}");
}
