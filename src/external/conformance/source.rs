//! The promises of a source.

use super::{Stop, Tried, ensure};
use crate::{
    model::{Code, Listing, Revision, Row, Sha256},
    net::ByteStream,
    source::SourceDriver,
};

/// Largest file that is read for a test, in bytes.
const LARGEST: u64 = 256 << 20;

async fn listed(
    driver: &dyn SourceDriver,
    unless: Option<&Revision>,
) -> Result<Option<Listing>, Stop> {
    Ok(driver.releases(unless).await?)
}

async fn rows(driver: &dyn SourceDriver) -> Result<Vec<Row>, Stop> {
    match listed(driver, None).await? {
        Some(listing) => Ok(listing.rows),
        None => {
            Err(Stop::Broken("it says that nothing changed, where nothing is known".to_owned()))
        }
    }
}

/// Returns a row that names a file of the driver's own, or any file.
async fn file(driver: &dyn SourceDriver) -> Result<(Row, String), Stop> {
    let rows = rows(driver).await?;
    let named = |row: &&Row| row.url.as_ref().is_some_and(|url| url.starts_with("driver:"));
    // One that can be opened: an index may be ahead of its files.
    let own: Vec<&Row> = rows.iter().filter(named).collect();
    for row in own.iter().take(20) {
        if let Some(url) = &row.url
            && driver.open(url, 0).await.is_ok()
        {
            return Ok(((*row).clone(), url.clone()));
        }
    }
    if let Some(row) = own.first()
        && let Some(url) = &row.url
    {
        return Err(match driver.open(url, 0).await {
            Ok(_) => Stop::Broken(format!("`{url}` can be opened now and then")),
            Err(error) => error.into(),
        });
    }
    Err(Stop::Untried("no row has an address of the driver's own (`driver:…`)".to_owned()))
}

async fn read(mut body: ByteStream) -> Result<Vec<u8>, Stop> {
    let announced = body.size;
    let mut all = Vec::new();
    while let Some(chunk) = body.next().await? {
        all.extend_from_slice(&chunk);
        ensure!(
            all.len() as u64 <= LARGEST,
            "a file has more than {LARGEST} bytes: test with another"
        );
    }
    ensure!(
        announced.is_none_or(|size| size == all.len() as u64),
        "it announces {announced:?} bytes and sends {}",
        all.len()
    );
    Ok(all)
}

pub(super) async fn place(driver: &dyn SourceDriver) -> Tried {
    let origin = driver.origin();
    ensure!(!origin.trim().is_empty(), "its place has no name");
    ensure!(!origin.contains('@'), "`{origin}` may hold a password");
    Ok(())
}

pub(super) async fn listing(driver: &dyn SourceDriver) -> Tried {
    let rows = rows(driver).await?;
    ensure!(!rows.is_empty(), "it lists nothing: test it with a table that lists something");
    Ok(())
}

pub(super) async fn same(driver: &dyn SourceDriver) -> Tried {
    let (one, two) = (listed(driver, None).await?, listed(driver, None).await?);
    ensure!(one == two, "two listings, one after the other, differ");
    Ok(())
}

pub(super) async fn unchanged(driver: &dyn SourceDriver) -> Tried {
    let Some(first) = listed(driver, None).await? else { return Ok(()) };
    let Some(revision) = &first.revision else {
        return Err(Stop::Untried("it tells no revision of its listing".to_owned()));
    };
    if let Some(again) = listed(driver, Some(revision)).await? {
        ensure!(again == first, "asked with its own revision, it lists something else");
    }
    let other = Revision("no revision that it ever told".to_owned());
    ensure!(
        listed(driver, Some(&other)).await?.is_some(),
        "asked with a revision that it never told, it says that nothing changed"
    );
    Ok(())
}

pub(super) async fn opened(driver: &dyn SourceDriver) -> Tried {
    let (_, url) = file(driver).await?;
    let whole = read(driver.open(&url, 0).await?).await?;
    ensure!(!whole.is_empty(), "`{url}` is empty: test with another file");
    for from in [1, whole.len() / 2, whole.len().saturating_sub(1), whole.len()] {
        let rest = read(driver.open(&url, from as u64).await?).await?;
        ensure!(rest == whole[from..], "`{url}` from byte {from} on is not the rest of the file");
    }
    Ok(())
}

pub(super) async fn as_told(driver: &dyn SourceDriver) -> Tried {
    let (row, url) = file(driver).await?;
    if row.size.is_none() && row.digests.is_empty() {
        return Err(Stop::Untried("the row tells neither".to_owned()));
    }
    let whole = read(driver.open(&url, 0).await?).await?;
    let size = whole.len() as u64;
    ensure!(
        row.size.is_none_or(|told| told == size),
        "`{url}` has {size} bytes, not {:?}",
        row.size
    );
    let found = crate::model::Digest::from(Sha256::of(&whole));
    for told in row.digests.iter().filter(|digest| digest.to_string().starts_with("sha256:")) {
        ensure!(*told == found, "`{url}` has {found}, not {told}");
    }
    Ok(())
}

pub(super) async fn absent(driver: &dyn SourceDriver) -> Tried {
    let (_, url) = file(driver).await?;
    let missing = format!("{url}.no-such-file");
    match driver.open(&missing, 0).await {
        Ok(_) => Err(Stop::Broken(format!("`{missing}` can be opened"))),
        Err(error) if error.is_absent() => Ok(()),
        Err(error) => {
            Err(Stop::Broken(format!("`{missing}` is not said to be absent (2): {error}")))
        }
    }
}

pub(super) async fn outside(driver: &dyn SourceDriver) -> Tried {
    file(driver).await?;
    for url in [
        "driver:../../../../../../../../etc/passwd",
        "driver:%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "driver:/etc/passwd",
        "driver:///etc/passwd",
        "driver:%2fetc%2fpasswd",
        "driver:",
    ] {
        match driver.open(url, 0).await {
            Ok(_) => return Err(Stop::Broken(format!("`{url}` can be opened"))),
            Err(error) if error.is_absent() || error.code() == Code::UNSUPPORTED_ADDRESS => {}
            Err(error) => {
                return Err(Stop::Broken(format!(
                    "`{url}` is neither absent (2) nor refused (4): {error}"
                )));
            }
        }
    }
    Ok(())
}

pub(super) async fn foreign(driver: &dyn SourceDriver) -> Tried {
    for url in ["file:///etc/hostname", "nonsense", "ftp://example.com/x", ""] {
        match driver.open(url, 0).await {
            Ok(_) => return Err(Stop::Broken(format!("`{url}` can be opened"))),
            Err(error) => {
                ensure!(error.code() == Code::UNSUPPORTED_ADDRESS, "`{url}`: {error}");
            }
        }
    }
    Ok(())
}

pub(super) async fn left(driver: &dyn SourceDriver) -> Tried {
    let (_, url) = file(driver).await?;
    let before = rows(driver).await?;
    for _ in 0..6 {
        let mut body = driver.open(&url, 0).await?;
        body.next().await?;
    }
    ensure!(rows(driver).await? == before, "it lists something else after bodies were left");
    Ok(())
}

pub(super) async fn together(driver: &dyn SourceDriver) -> Tried {
    let before = rows(driver).await?;
    let opened = match file(driver).await {
        Ok((_, url)) => Some((read(driver.open(&url, 0).await?).await?, url)),
        Err(Stop::Untried(_)) => None,
        Err(broken) => return Err(broken),
    };
    let each = (0..6).map(|_| async {
        ensure!(rows(driver).await? == before, "a listing differs while others are asked for");
        if let Some((whole, url)) = &opened {
            let read = read(driver.open(url, 0).await?).await?;
            ensure!(read == *whole, "`{url}` differs while others read it");
        }
        Ok(())
    });
    futures::future::try_join_all(each).await?;
    Ok(())
}
