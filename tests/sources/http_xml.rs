//! `http-xml`: the elements of an XML document: feeds, listings, metadata.

use std::path::Path;

use depstate::model::{Code, Row};

use super::{contract::Case, driver, mistakes, rows, upstreams};
use crate::support::upstream::{Answer, Upstream};

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Case {
    let file = upstream.url("/files/tool-1.2.0.zip");
    let feed = format!(
        "<?xml version='1.0'?><rss><channel><item><enclosure url='{file}'/></item></channel></rss>"
    );
    upstream.route("/index.xml", Answer::body(feed).header("content-type", "application/rss+xml"));
    let table = format!(
        "insecure = true\nurl = '{}?key=s3cret'\ncss = 'item > enclosure'\npattern = 'tool-(?<version>[0-9.]+)\\.zip$'",
        upstream.url("/index.xml")
    );
    Case { name: "http-xml", driver: driver("http-xml", &table), index: Some("/index.xml") }
}

struct Xml(Upstream);

impl Xml {
    fn new(body: &str) -> Self {
        let upstream = Upstream::start();
        upstream.route("/i", Answer::body(body.to_owned()).header("content-type", "text/xml"));
        Self(upstream)
    }

    async fn read(&self, css: &str, pattern: &str, rest: &str) -> Result<Vec<Row>, String> {
        let url = self.0.url("/i");
        let table = format!(
            "insecure = true\nurl = '{url}'\ncss = '''{css}'''\npattern = '''{pattern}'''\n{rest}"
        );
        rows(&*driver("http-xml", &table)).await.map_err(|error| {
            assert_eq!(error.code(), Code::SOURCE_ANSWER, "{error}");
            error.to_string()
        })
    }
}

/// As the feed of a PHP extension is written (RSS 1.0): dates in another namespace, links as text.
const RSS: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
         xmlns:dc="http://purl.org/dc/elements/1.1/">
 <channel rdf:about="https://ext.example/"><title>Latest releases</title><link>https://ext.example/</link></channel>
 <item rdf:about="https://ext.example/package/APCu/5.1.24">
  <title>APCu 5.1.24</title><link>https://ext.example/package/APCu/5.1.24</link>
  <description><![CDATA[- Fix <b>all</b> & sundry]]></description>
  <dc:date>2024-09-23T10:01:00+00:00</dc:date>
 </item>
 <item rdf:about="https://ext.example/package/APCu/5.1.23">
  <title>APCu&#32;5.1.23 &amp; more</title><link>https://ext.example/package/APCu/5.1.23</link>
  <dc:date>2023-11-12T16:39:00+00:00</dc:date>
 </item>
</rdf:RDF>"#;

#[tokio::test]
async fn a_feed_is_read_by_its_titles_with_their_dates() {
    let listed = Xml::new(RSS).read("item > title", r"^APCu (?<version>\S+)", "").await.unwrap();
    assert_eq!(upstreams(&listed), ["5.1.24", "5.1.23"]);
    assert_eq!(listed[0].released.unwrap().to_string(), "2024-09-23T10:01:00Z");
    assert_eq!(listed[0].url, None);
}

#[tokio::test]
async fn a_link_is_matched_by_its_whole_address_and_is_a_page() {
    let pattern = "^https://ext.example/package/APCu/(?<version>[0-9.]+)$";
    let listed = Xml::new(RSS).read("item > link", pattern, "").await.unwrap();
    assert_eq!(upstreams(&listed), ["5.1.24", "5.1.23"]);
    assert_eq!(listed[0].url, None, "a page about a release is not its file");
    let pattern = "^(?<url>https://ext.example/package/APCu/(?<version>[0-9.]+))$";
    let listed = Xml::new(RSS).read("item > link", pattern, "").await.unwrap();
    assert_eq!(listed[0].url.as_deref(), Some("https://ext.example/package/APCu/5.1.24"));
}

/// As GitHub writes the feed of a repository's releases.
#[tokio::test]
async fn atom_has_its_addresses_in_attributes() {
    let atom = Xml::new(
        r#"<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
          <link type="text/html" rel="alternate" href="https://github.com/o/r/releases"/>
          <link rel="next" href="/i?page=2"/>
          <entry><updated>2024-07-01T08:00:00Z</updated>
            <link rel="alternate" type="text/html" href="https://github.com/o/r/releases/tag/v2.0"/>
            <link rel="enclosure" href="/dl/r-2.0.zip"/><title>Two</title></entry>
        </feed>"#,
    );
    atom.0.route(
        "/i?page=2",
        Answer::body(
            "<feed><entry><link href='https://github.com/o/r/releases/tag/v1.0'/></entry></feed>",
        ),
    );
    let pattern = r"/tag/v(?<version>[\d.]+)$";
    let listed = atom.read("entry > link", pattern, "").await.unwrap();
    assert_eq!(upstreams(&listed), ["2.0", "1.0"], "a feed's own next page is read");
    assert_eq!(listed[0].url, None);
    assert_eq!(listed[0].released.unwrap().to_string(), "2024-07-01T08:00:00Z");
    let files = atom.read("link[rel=enclosure]", r"/r-(?<version>[\d.]+)\.zip$", "").await.unwrap();
    assert_eq!(files[0].url, Some(atom.0.url("/dl/r-2.0.zip")));
}

#[tokio::test]
async fn metadata_is_read_by_case_and_place() {
    let maven = Xml::new(
        "<metadata><version>9</version><versioning><latest>2.0</latest><versions>
           <version>1.0</version><Version>0.1</Version><version> 2.0 </version>
         </versions></versioning></metadata>",
    );
    let listed = maven.read("versions > version", "^(?<version>.+)$", "").await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0", "2.0"]);
}

/// As a bucket lists itself: 1,000 keys at a time, in either version of the listing.
#[tokio::test]
async fn a_truncated_listing_of_a_bucket_is_read_on() {
    let page = |keys: &[&str], more: &str| {
        let date = "<LastModified>2024-10-28T01:02:03.000Z</LastModified>";
        let keys: Vec<String> =
            keys.iter().map(|key| format!("<Contents><Key>{key}</Key>{date}</Contents>")).collect();
        let keys = keys.concat();
        let body = format!(
            "<?xml version='1.0'?><ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>{more}{keys}</ListBucketResult>"
        );
        Answer::body(body).header("content-type", "application/xml")
    };
    let bucket = Xml::new("");
    let pattern = r"^java/tool_(?<version>\w+)\.tar\.gz$";
    let (first, second) = (["java/tool_1.tar.gz", "java/x"], ["java/tool_2.tar.gz"]);
    for (more, next) in [
        (
            "<IsTruncated>true</IsTruncated><NextContinuationToken>a+b/=</NextContinuationToken>",
            "/i?continuation-token=a%2Bb%2F%3D",
        ),
        ("<IsTruncated>true</IsTruncated><NextMarker>java/x</NextMarker>", "/i?marker=java%2Fx"),
        ("<IsTruncated>true</IsTruncated>", "/i?marker=java%2Fx"),
    ] {
        bucket.0.route("/i", page(&first, more));
        bucket.0.route(next, page(&second, "<IsTruncated>false</IsTruncated>"));
        let listed = bucket.read("Contents > Key", pattern, "").await.unwrap();
        assert_eq!(upstreams(&listed), ["1", "2"], "{more}");
        assert_eq!(listed[1].released.unwrap().to_string(), "2024-10-28T01:02:03Z");
    }
}

#[tokio::test]
async fn next_leads_on_over_the_links() {
    let site = Xml::new("<sitemapindex><sitemap><loc>/a.xml</loc></sitemap></sitemapindex>");
    let all = format!(
        "<sitemapindex><sitemap><loc>{}</loc></sitemap><sitemap><loc>{}</loc></sitemap></sitemapindex>",
        site.0.url("/a.xml"),
        site.0.url("/b.html")
    );
    site.0.route("/i", Answer::body(all));
    site.0.route("/a.xml", Answer::body("<urlset><url><loc>https://x.example/tool-1.0</loc><lastmod>2024-02-03</lastmod></url></urlset>"));
    let listed =
        site.read("url > loc", r"tool-(?<version>[\d.]+)$", r"next = '\.xml$'").await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0"]);
    assert_eq!(listed[0].released.unwrap().to_string(), "2024-02-03T00:00:00Z");
}

#[tokio::test]
async fn bombs_and_what_is_no_xml_are_named() {
    let deep = "<a>".repeat(300) + &"</a>".repeat(300);
    let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbbbbbb'><!ENTITY c '&b;&b;&b;&b;'><!ENTITY f SYSTEM 'file:///etc/hostname'>]><a><v>&c;&f;1</v></a>";
    let listed = Xml::new(bomb).read("v", "^(?<version>.+)$", "").await.unwrap();
    assert_eq!(upstreams(&listed), ["&c;&f;1"], "entities of its own are never looked up");
    for (body, word) in [
        (deep.as_str(), "256 levels"),
        ("<!DOCTYPE html><html><body>Sign in", "an HTML page, where XML was expected"),
        ("<?xml version='1.0'?>\n<html xmlns='http://www.w3.org/1999/xhtml'/>", "an HTML page"),
        ("{\"a\": 1}", "it does not begin with `<`"),
        ("", "the answer is empty"),
        ("<a><v>1</v>", "ends before its elements do"),
        ("<a><v>1</a></v>", "(line 1)"),
        ("<!-- nothing -->", "it has no element"),
        ("<a>\n<v x=1", "it is not XML"),
        ("<a/></b>", "it is not XML"),
    ] {
        let error = Xml::new(body).read("v", "^(?<version>.+)$", "").await.unwrap_err();
        assert!(error.contains(word), "{body:.60}: {error}");
    }
    let many = format!("<a>{}</a>", "<b/>".repeat(1_050_000));
    let error = Xml::new(&many).read("v", "^(?<version>.+)$", "").await.unwrap_err();
    assert!(error.contains("more than 1000000"), "{error}");
}

#[test]
fn mistakes_point_at_their_key() {
    let at = |rest: &str| {
        let table = format!("url = 'https://x.example'\n{rest}");
        mistakes("http-xml", &table, &[])
            .into_iter()
            .map(|(code, at, _)| (code, at))
            .collect::<Vec<_>>()
    };
    let missing: Vec<_> = at("").into_iter().map(|(code, _)| code).collect();
    assert_eq!(missing, ["missing-key", "missing-key"]);
    let wrong = at("css = 'a['\npattern = 'x'");
    let expected = [("bad-selector", "'a['"), ("bad-pattern", "'x'")];
    assert_eq!(wrong, expected.map(|(code, at)| (code.to_owned(), at.to_owned())));
}
