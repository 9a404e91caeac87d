use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::{Engine, Scope, TemplateError, Values, check, mentions};
use crate::model::{Distro, Target};

struct World {
    target: Target,
    matches: BTreeMap<String, String>,
    release: BTreeMap<String, serde_json::Value>,
}

impl World {
    fn new() -> Self {
        let text = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        Self {
            target: Target {
                image: None,
                os: Some("linux".to_owned()),
                arch: Some("amd64".to_owned()),
                distro: Some(Distro { name: "ubuntu".to_owned(), version: None }),
                stacks: vec!["jammy".to_owned(), "noble".to_owned()],
                vars: text(&[("libc", "glibc")]),
            },
            matches: text(&[("line", "22")]),
            release: [
                ("lts", json!("Jod")),
                ("security", json!(true)),
                ("none", json!(null)),
                ("dist-tags", json!({"latest": "22.1.0"})),
            ]
            .map(|(k, v)| (k.to_owned(), v))
            .into(),
        }
    }

    fn values(&self) -> Values<'_> {
        Values {
            id: "node",
            version: "22.11.0",
            upstream: "v22.11.0",
            numbers: [22, 11, 0],
            os: Some("linux"),
            arch: Some("x64"),
            target_name: "jammy-amd64",
            target: Some(&self.target),
            matches: Some(&self.matches),
            release: Some(&self.release),
            url: Some("https://example.com/node.tar.xz"),
            ext: Some("tar.xz"),
            sha256: Some("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
            extra: Some(("redis", "6.3.0")),
        }
    }
}

fn render(text: &str) -> Result<String, TemplateError> {
    Engine::new().render(text, &World::new().values())
}

#[test]
fn names_statements_and_filters_expand() {
    for (text, expanded) in [
        ("plain", "plain"),
        (
            "{{ upstream }}/node-{{ upstream }}-{{ os }}-{{ arch }}.tar.xz",
            "v22.11.0/node-v22.11.0-linux-x64.tar.xz",
        ),
        ("{{ id }} {{ major }}.{{ minor }}.{{ patch }}", "node 22.11.0"),
        ("{{ extra.id }}-{{ extra.version }}", "redis-6.3.0"),
        ("{{ target.name }} {{ target.os }} {{ target.arch }}", "jammy-amd64 linux amd64"),
        (
            "{{ target.distro.name }} {{ target.vars.libc }} {{ target.stacks[0] }}",
            "ubuntu glibc jammy",
        ),
        ("{{ target['vars']['libc'] }}", "glibc"),
        (
            "{{ release.lts }} {{ release['dist-tags'].latest }} {{ release.security }}",
            "Jod 22.1.0 true",
        ),
        ("{{ match.line }}", "22"),
        (
            "{{ url }}.asc {{ ext }} {{ digest8 }}",
            "https://example.com/node.tar.xz.asc tar.xz 01234567",
        ),
        ("{{ version | replace('.', '_') }}", "22_11_0"),
        ("{{ (version | split('.'))[1] }}", "11"),
        ("{{ 'a b+c/d' | urlencode }}", "a%20b%2Bc/d"),
        ("{{ '%03d-%s' | format(minor, id) }}", "011-node"),
        ("{{ major | replace('2', '3') }}", "33"),
        ("{{ 'old' if major < 20 }}|", "|"),
        ("{{ 'old' if major < 20 else 'new' }}", "new"),
        ("{% if target.os == 'linux' and minor >= 1 %}l{% else %}o{% endif %}", "l"),
        (
            "{% for s in target.stacks %}{{ s }}{{ ',' if not loop.last }}{% endfor %}",
            "jammy,noble",
        ),
        ("{% set p = version | split('.') %}{{ p[0] ~ '-' ~ p[1] }}", "22-11"),
        ("{% set version = version | replace('.', '_') %}{{ version }}", "22_11_0"),
        ("{% for os in target.stacks %}{{ os }} {% endfor %}{{ os }}", "jammy noble linux"),
        ("{% with a = id, b = version %}{{ a }}{{ b }}{% endwith %}", "node22.11.0"),
        (
            "{{ release.lts is defined }} {{ release.nothing is not defined }} {{ minor is odd }}",
            "true true true",
        ),
        ("{{ arch in ['x64', 'arm64'] }}", "true"),
        ("{# note {{ #}a{{- ' ' -}} b", "a b"),
        ("{{ '}}' }} { } %}", "}} { } %}"),
        ("{{ major + 1 }} {{ 7 // 2 }} {{ minor % 2 }}", "23 3 1"),
    ] {
        let world = World::new();
        assert_eq!(Engine::new().render(text, &world.values()).as_deref(), Ok(expanded), "{text}");
    }
}

#[test]
fn scopes_know_their_names() {
    use Scope::{Artifact, Extra, ExtraVerify, File, Published, Verify};
    for (text, known) in [
        (
            "{{ id }}{{ version }}{{ upstream }}{{ major }}{{ minor }}{{ patch }}{{ os }}{{ arch }}",
            &[Artifact, Verify, Published, File][..],
        ),
        (
            "{{ target.name }}{{ target.vars.x }}{{ target.distro.version }}{{ match.a }}",
            &[Artifact, Verify, Published, File, Extra, ExtraVerify],
        ),
        ("{{ release.lts }}", &[Artifact, Verify]),
        ("{{ url }}{{ ext }}", &[Verify, Published, File, ExtraVerify]),
        ("{{ extra.id }}-{{ extra.version }}", &[Extra, ExtraVerify]),
        ("{{ sha256 }}", &[Published, File]),
        ("{{ digest8 }}", &[File]),
    ] {
        for scope in [Artifact, Verify, Published, File, Extra, ExtraVerify] {
            assert_eq!(check(text, scope).is_ok(), known.contains(&scope), "{text} in {scope:?}");
        }
    }
}

#[test]
fn mistakes_name_the_name_and_its_place() {
    for (text, message, help, at) in [
        ("a {{ versoin }}", "there is no name `versoin`", "there is `version`", "versoin"),
        ("{{ VERSION }}", "there is no name `VERSION`", "there is `version`", "VERSION"),
        (
            "{{ codename }}",
            "there is no name `codename`",
            "known here: `id`, `version`",
            "codename",
        ),
        (
            "{{ id }}{{ target.foo }}",
            "there is no name `target.foo`",
            "`target` has `name`, `os`",
            "target.foo",
        ),
        (
            "{{ target.distro.nam }}",
            "no name `target.distro.nam`",
            "`target.distro.name`",
            "target.distro.nam",
        ),
        (
            "{{ target['archs'] }}",
            "no name `target.archs`",
            "there is `target.arch`",
            "target['archs']",
        ),
        ("{{ target }}", "`target` is a table", "`target.name`", "target"),
        (
            "{{ target.vars | replace('a','b') }}",
            "`target.vars` is a table",
            "`target.vars.NAME`",
            "target.vars",
        ),
        ("{{ version.major }}", "`version` has no parts", "write `version`", "version.major"),
        (
            "{{ target.name.x }}",
            "`target.name` has no parts",
            "write `target.name`",
            "target.name.x",
        ),
        (
            "{{ release.lts }}",
            "`release.lts` is known only while the index is read",
            "`artifact`",
            "release.lts",
        ),
        ("{{ digest8 }}", "`digest8` is not known in this place", "known here", "digest8"),
        (
            "{{ extra.version }}",
            "`extra.version` is known only of a sub-dependency",
            "`[[dependencies.ID.extra]]`",
            "extra.version",
        ),
        ("{{ range(9) }}", "no functions", "the filters are `replace`", "range"),
        ("{{ version.split('.') }}", "no functions", "replace", "version.split"),
        ("{{ (id)('x') }}", "no functions", "replace", "("),
        (
            "{{ version | upper }}",
            "there is no filter `upper`",
            "the filters are `replace`",
            "upper",
        ),
        (
            "{{ version is number }}",
            "there is no test `number`",
            "the tests are `defined`",
            "number",
        ),
        ("{{ version is not lower }}", "there is no test `lower`", "the tests are", "lower"),
        ("{% raw %}{{ a }}{% endraw %}", "there is no statement `raw`", "`if`, `for`", "raw"),
        ("{% do x() %}", "there is no statement `do`", "`if`, `for`", "do"),
        ("{% filter upper %}a{% endfilter %}", "no statement `filter`", "`if`", "filter"),
        ("{% set x %}{{ id }}{% endset %}", "`set` without a value", "{% set name", "set"),
        (
            "{% for a in [1] recursive %}{% endfor %}",
            "may not call itself",
            "recursive",
            "recursive",
        ),
        ("{% for a in [1] %}{% set b = a %}{% endfor %}", "`set` inside `for`", "before", "set"),
        ("{{ 'a' * 99 }}", "`*` has no place", "templates know", "*"),
        ("{{ {'a': 1} }}", "`{` has no place", "templates know", "{"),
        ("{% if versoin %}{% endif %}", "`versoin`", "`version`", "versoin"),
        ("{{ 'a' if x }}", "there is no name `x`", "known here", "x"),
    ] {
        let error = check(text, Scope::Published).unwrap_err();
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert!(error.help.as_deref().unwrap_or("").contains(help), "{text}: {:?}", error.help);
        let range = error.at.unwrap();
        assert_eq!(&text[range], at, "{text}");
    }
}

#[test]
fn syntax_errors_have_a_place() {
    for text in [
        "{{ version",
        "{{ version }",
        "{% if x %}",
        "{{ a b }}",
        "{{ 'open }}",
        "{% macro a() %}{% endmacro %}",
        "{% include 'x' %}",
        "{{ }}",
        "{% endif %}",
    ] {
        let error = check(text, Scope::File).unwrap_err();
        assert!(error.at.is_some_and(|at| at.end <= text.len()), "{text}: {}", error.message);
    }
}

#[test]
fn what_is_not_defined_is_named_in_full() {
    let world = World::new();
    let full = world.values();
    let bare = Values { target: None, os: None, release: None, matches: None, url: None, ..full };
    for (text, values, message) in [
        (
            "{{ id }}{{ release.codename }}",
            full,
            "`release.codename` is not in the row of `v22.11.0`",
        ),
        ("{{ release.none }}", full, "`release.none` is not in the row"),
        ("{{ release['dist-tags'].next }}", full, "`release.dist-tags.next`"),
        ("{{ match.minor }}", full, "`match.minor` is no group of `extract`"),
        (
            "{{ target.vars.musl }}",
            full,
            "`target.vars.musl` is not defined for the target `jammy-amd64`",
        ),
        ("{{ target.distro.version }}", full, "`target.distro.version` is not defined"),
        ("{% if release.codename %}{% endif %}", full, "`release.codename`"),
        ("{{ release.codename | replace('a', 'b') }}", full, "`release.codename`"),
        ("{{ (version | split('.'))[7] }}", full, "a value is not defined"),
        ("{{ os }}", bare, "`os` is not defined for the target"),
        ("{{ target.distro.name }}", bare, "`target.distro` is not defined"),
        ("{{ release.lts }}", bare, "`release` is known only while"),
        ("{{ match.line }}", bare, "`match` is no group"),
        ("{{ url }}", bare, "`url` is not known yet"),
        ("{{ target.stacks }}", full, "a sequence is not text"),
        ("{{ target.stacks | urlencode }}", full, "a filter wants text"),
    ] {
        let error = Engine::new().render(text, &values).unwrap_err();
        assert!(error.message.contains(message), "{text}: {}", error.message);
    }
}

#[test]
fn what_never_ends_or_grows_is_stopped() {
    let big = "x".repeat(60_000);
    let bomb = "{% set a = id ~ id ~ id ~ id %}".to_owned()
        + &"{% set a = a ~ a ~ a ~ a %}".repeat(8)
        + "{{ a }}";
    let loops = "{% for a in url | split('') %}".repeat(4) + &"{% endfor %}".repeat(4);
    let long = "a".repeat(5000);
    let nested = "{% for a in [id ~ id] %}".to_owned()
        + &"{% for a in [a ~ a] %}".repeat(40)
        + "{{ a }}"
        + &"{% endfor %}".repeat(41);
    for (text, message) in [
        (bomb.as_str(), "may join values 12 times"),
        (&nested, "may join values 12 times"),
        (&loops, "does not end"),
        (&long, "longer than 4 KiB"),
        ("{{ url }}{{ url }}", "more than 64 KiB"),
        ("{% for a in [1, 2] %}{{ url }}{% endfor %}", "more than 64 KiB"),
        ("{{ url | replace('x', url) }}", "grew beyond 64 KiB"),
        ("{{ (url ~ url) | urlencode }}", "grew beyond 64 KiB"),
        ("{{ '%99999d' | format(1) }}", "a width"),
        ("{{ '%*d' | format(99999, 1) }}", "a width"),
        ("{{ '%s%s' | format(url, url) }}", "64 KiB"),
    ] {
        let values = Values { url: Some(&big), ..Values::default() };
        let error = Engine::new().render(text, &values).unwrap_err();
        assert!(
            error.message.contains(message),
            "{}: {}",
            &text[..text.len().min(60)],
            error.message
        );
    }
    let release = BTreeMap::from([("big".to_owned(), json!("x".repeat(70_000)))]);
    let values = Values { release: Some(&release), ..Values::default() };
    assert!(Engine::new().render("{{ release.big }}", &values).is_err());
    let nested = "(".repeat(1900) + "1" + &")".repeat(1900);
    assert!(check(&format!("{{{{ {nested} }}}}"), Scope::File).is_err());
}

#[test]
fn mentions_tells_which_names_are_used() {
    assert!(mentions("{{ id }}-{{ digest8 }}", "digest8"));
    assert!(mentions("{% if release.lts %}a{% endif %}", "release"));
    assert!(!mentions("digest8 {{ id }}", "digest8"));
    assert!(!mentions("{{ target.vars.sha256 }} {{ 'sha256' }}", "sha256"));
    assert!(mentions("{% set url = url | replace('a', 'b') %}{{ url }}", "url"));
    assert!(!mentions("{{ id", "id"));
}

proptest! {
    #[test]
    fn junk_never_panics(
        any in any::<String>(),
        near in "(\\{\\{|\\}\\}|\\{%|%\\}|\\{#|#\\}|'|\"| |id|release\\.x|version|set a =|for a in|endfor|if|else|endif|\\||~|replace|\\(|\\)|\\[|\\]|,|é|\\\\){0,20}",
    ) {
        let world = World::new();
        for text in [any, near] {
            for scope in [Scope::Artifact, Scope::File] {
                if let Err(error) = check(&text, scope) {
                    prop_assert!(error.at.is_none_or(|at| text.get(at).is_some()));
                }
            }
            drop(Engine::new().render(&text, &world.values()));
        }
    }

    #[test]
    fn text_without_tags_is_itself(text in "[^{}\r\n]{0,40}") {
        prop_assert_eq!(render(&text).unwrap(), text);
    }
}

proptest! {
    #[test]
    fn the_short_way_gives_what_the_engine_gives(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "{{ version }}", "{{upstream}}", "{{  id }}", "{{ major }}.{{ minor }}.{{ patch }}",
            "{{ os }}", "{{ arch }}", "{{ url }}", "{{ ext }}", "{{ sha256 }}", "{{ target.name }}",
            "{{ target.os }}", "{{ target.arch }}", "{", "}", "}}", "{ {", " ", "a/b", "ü", "\t",
            "{{- version -}}", "{{ release.lts }}", "{{ nothing }}", "{{ 'x' }}",
            "{{ version | replace('.', '_') }}", "{% if os %}y{% endif %}", "{{ id",
        ]), 0..6),
    ) {
        let text = parts.concat();
        let world = World::new();
        let values = world.values();
        // A literal is a tag that the short way does not know.
        let whole = Engine::new().render(&format!("{text} {{{{ 'x' }}}}"), &values);
        if let Some(short) = super::plain::render(&text, &values) {
            prop_assert_eq!(whole, Ok(format!("{short} x")));
        }
        for name in ["os", "arch", "url", "ext", "sha256"] {
            let without = Values { os: None, arch: None, url: None, ext: None, sha256: None, ..values };
            prop_assert_eq!(super::plain::render(&format!("{{{{ {name} }}}}"), &without), None);
        }
    }
}
