//! The upstreams: what they answer, and the manifest that follows them.

use std::fmt::Write as _;

use super::upstream::{Answer, Upstream};

/// JSON indexes: most are small, some are as long as Node's.
const JSON: usize = 120;
const HTML: usize = 40;
const RELEASES: usize = 40;
/// All of them.
pub(super) const COUNT: usize = JSON + HTML + RELEASES;
/// How many hosts they are on: all releases on the first, as they are on GitHub's, and ten others on
/// each further one.
pub(super) const HOSTS: usize = 1 + (JSON + HTML) / 10;
/// Releases on a page of GitHub's, as asked for, and on the second and last.
const PAGE: usize = 100;
const LAST_PAGE: usize = 20;
const DIGEST: &str = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";

/// What kind of upstream one is, and its number among them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Json(usize),
    Html(usize),
    Releases(usize),
}

/// All upstreams, the kinds mixed as in a real file.
pub(super) fn all() -> impl Iterator<Item = Kind> {
    (0..COUNT).map(|n| match n % 5 {
        3 => Kind::Html(n / 5),
        4 => Kind::Releases(n / 5),
        kind => Kind::Json(n / 5 * 3 + kind),
    })
}

impl Kind {
    pub(super) fn id(self) -> String {
        match self {
            Self::Json(n) => format!("json-{n:03}"),
            Self::Html(n) => format!("html-{n:03}"),
            Self::Releases(n) => format!("hub-{n:03}"),
        }
    }

    /// Which host it is on.
    fn host(self) -> usize {
        match self {
            Self::Json(n) => 1 + n % (HOSTS - 1),
            Self::Html(n) => 1 + (JSON + n) % (HOSTS - 1),
            Self::Releases(_) => 0,
        }
    }

    /// The address of its index, or of the first page.
    pub(super) fn url(self, bases: &[String]) -> String {
        format!("{}{}", bases[self.host()], self.path())
    }

    /// The path of its index, or of the first page.
    fn path(self) -> String {
        match self {
            Self::Json(n) => format!("/json/{n}/index.json"),
            Self::Html(n) => format!("/html/{n}/"),
            Self::Releases(n) => format!("/repos/owner/project-{n}/releases?per_page=100"),
        }
    }
}

/// Makes the hosts answer all of them.
pub(super) fn serve(hosts: &[Upstream], latency: std::time::Duration) {
    for kind in all() {
        let server = &hosts[kind.host()];
        let tag = format!("\"{}\"", kind.id());
        let put = |path: &str, answer: Answer, tag: &str| {
            server.route(path, answer.header("etag", tag).slow(latency));
        };
        match kind {
            Kind::Json(n) => put(&kind.path(), Answer::json(&json(n)), &tag),
            Kind::Html(n) => put(&kind.path(), Answer::html(&html(n)), &tag),
            Kind::Releases(n) => {
                let next = format!("{}&page=2", kind.path());
                let link = format!("<{}>; rel=\"next\"", server.url(&next));
                let first = Answer::json(&releases(n, LAST_PAGE, PAGE)).header("link", &link);
                put(&next, Answer::json(&releases(n, 0, LAST_PAGE)), "\"last\"");
                put(&kind.path(), first, &tag);
            }
        }
    }
}

/// How many versions a JSON index has.
fn versions_of(n: usize) -> usize {
    match n % 12 {
        0 => 800,
        1..=4 => 120,
        _ => 25,
    }
}

/// Some 300 bytes for a version.
fn json(n: usize) -> String {
    let mut text = String::from("[");
    for v in (0..versions_of(n)).rev() {
        let comma = if v == 0 { "" } else { "," };
        writeln!(
            text,
            "{{\"version\":\"{}.{}.{}\",\"date\":\"20{:02}-{:02}-11\",\"files\":[\"linux-x64\",\
             \"linux-arm64\",\"osx-arm64-tar\",\"osx-x64-pkg\",\"src\",\"win-x64-zip\"],\
             \"sha256\":\"{DIGEST}\",\"lts\":false,\"security\":{},\"modules\":\"{n}\"}}{comma}",
            v / 40,
            v / 4 % 10,
            v % 4,
            10 + v / 60,
            v % 12 + 1,
            v % 7 == 0,
        )
        .unwrap();
    }
    text.push(']');
    text
}

/// A listing of some 300 files, 30 KiB.
fn html(n: usize) -> String {
    let mut text = format!("<html><head><title>Index of /html/{n}/</title></head><body><pre>\n");
    for v in 0..100 {
        for ending in ["tar.gz", "tar.gz.asc", "tar.xz"] {
            let name = format!("tool-{n}-{}.{}.{}.{ending}", v / 50 + 1, v / 5 % 10, v % 5);
            writeln!(text, "<a href=\"{name}\">{name}</a>  11-Jan-2025 10:00  {v}00K").unwrap();
        }
    }
    text.push_str("</pre></body></html>");
    text
}

/// A page of releases without files, some 1.3 KiB each.
fn releases(n: usize, from: usize, count: usize) -> String {
    let mut text = String::from("[");
    for v in (from..from + count).rev() {
        let tag = format!("v{}.{}.{}", v / 30, v / 3 % 10, v % 3);
        let comma = if v == from { "" } else { "," };
        let repo = format!("https://git.example.com/owner/project-{n}");
        writeln!(
            text,
            "{{\"url\":\"{repo}/releases/{v}\",\"html_url\":\"{repo}/releases/tag/{tag}\",\
             \"id\":1{v:04}{n:03},\"node_id\":\"RE_kwDOABCD{v:08}\",\"tag_name\":\"{tag}\",\
             \"target_commitish\":\"main\",\"name\":\"{tag}\",\"draft\":false,\"immutable\":false,\
             \"prerelease\":false,\"created_at\":\"2024-{:02}-01T10:00:00Z\",\
             \"published_at\":\"2024-{:02}-02T10:00:00Z\",\"assets\":[],\
             \"tarball_url\":\"{repo}/tarball/{tag}\",\"zipball_url\":\"{repo}/zipball/{tag}\",\
             \"author\":{{\"login\":\"octocat\",\"id\":1,\"type\":\"User\",\"site_admin\":false}},\
             \"body\":\"{}\"}}{comma}",
            v % 12 + 1,
            v % 12 + 1,
            "* a change that somebody made by @octocat in #1234\\r\\n".repeat(12),
        )
        .unwrap();
    }
    text.push(']');
    text
}

/// The manifest that follows all of them.
pub(super) fn manifest(bases: &[String]) -> String {
    let mut text = String::from(
        "[project]\nname = \"bench\"\n[storage]\ndriver = \"fs\"\npath = \"mirror\"\n\
         [defaults]\nlicenses = [\"MIT\"]\npurl = \"pkg:generic/{{ id }}@{{ version }}\"\n\
         lines = [{ constraint = \"*\" }]\n",
    );
    for kind in all() {
        let (id, url, base) = (kind.id(), kind.url(bases), &bases[kind.host()]);
        let source = match kind {
            Kind::Json(_) => format!(
                "driver = \"http-json\", url = \"{url}\", \
                 select = '.[] | {{version, released: .date, sha256}}'"
            ),
            Kind::Html(_) => format!(
                "driver = \"http-html\", url = \"{url}\", \
                 pattern = 'tool-\\d+-(?<version>[\\d.]+)\\.tar\\.gz$'"
            ),
            Kind::Releases(n) => {
                format!(
                    "driver = \"github-releases\", api = \"{base}\", repo = \"owner/project-{n}\""
                )
            }
        };
        write!(
            text,
            "[dependencies.{id}]\nsource = {{ {source}, insecure = true, \
             artifact = \"{base}/files/{{{{ id }}}}-{{{{ version }}}}.tar.gz\" }}\n"
        )
        .unwrap();
        if !matches!(kind, Kind::Json(_)) {
            // The same for every version, which nobody downloads.
            writeln!(text, "verify.checksum = {{ sha256 = \"{DIGEST}\" }}").unwrap();
        }
    }
    text
}
