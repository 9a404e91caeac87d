//! An archive's signed list of files, and the files that it lists.

use jiff::Timestamp;

use super::{
    keys::Trust,
    packages,
    release::{Listed, PACKINGS, Packing, Release},
    unpack,
};
use crate::{
    model::{Row, Sha256},
    net::Answer,
    signature::openpgp,
    source::{SourceError, place::Place, web::unusable},
};

/// A suite of an archive.
pub(super) struct Archive {
    pub(super) place: Place,
    pub(super) suite: String,
    pub(super) trust: Trust,
    /// The clock; none: nothing can be judged that is signed.
    pub(super) now: Option<Timestamp>,
}

impl Archive {
    /// Returns the suite's Release file, its signature and its dates judged.
    pub(super) async fn release(&self) -> Result<Release, SourceError> {
        let (answer, signer, text) = match &self.trust {
            Trust::Anybody => {
                let answer = self.ask("Release").await?;
                let text = answer.body.to_vec();
                (answer, None, text)
            }
            Trust::Keys(keyring) => {
                let now = self.now.ok_or_else(|| SourceError::Address {
                    url: self.suite.clone(),
                    why: "without a clock nothing tells whether its signature holds",
                })?;
                let (answer, signer, text) = self.signed(keyring, now).await?;
                (answer, Some(signer), text)
            }
        };
        let release = Release::read(&text, &self.suite).map_err(|why| unusable(&answer, why))?;
        if let (Some(until), Some(now)) = (release.valid_until, self.now)
            && until < now
        {
            return Err(SourceError::Expired { url: answer.url.to_string(), until });
        }
        Ok(release.from(answer.url.to_string(), signer))
    }

    /// Asks for `InRelease`, which holds its signature; where there is none, for `Release` and the
    /// signature beside it.
    async fn signed(
        &self,
        keyring: &openpgp::Keyring,
        now: Timestamp,
    ) -> Result<(Answer, String, Vec<u8>), SourceError> {
        let judged = |answer: &Answer, result| {
            let url = answer.url.to_string();
            Result::map_err(result, |source| SourceError::Signature { url, source })
        };
        match self.ask("InRelease").await {
            Ok(answer) => {
                let (signer, text) = judged(&answer, openpgp::clear(keyring, &answer.body, now))?;
                Ok((answer, signer, text))
            }
            Err(error) if error.is_absent() => {
                // The one that is asked for first is the one to name where there is none at all.
                let absent = |other: SourceError| if other.is_absent() { error } else { other };
                let answer = self.ask("Release").await.map_err(absent)?;
                let signature = self.ask("Release.gpg").await?;
                let mut over: &[u8] = &answer.body;
                let signer = openpgp::detached(keyring, &signature.body, &mut over, now).map_err(
                    |source| SourceError::Signature { url: answer.url.to_string(), source },
                )?;
                let text = answer.body.to_vec();
                Ok((answer, signer, text))
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the rows of packages that an index of the suite has.
    pub(super) async fn packages(
        &self,
        release: &Release,
        path: &str,
        names: &[String],
    ) -> Result<Vec<Row>, SourceError> {
        let (answer, listed, packing) = self.index(release, path).await?;
        // What the archive says of the unpacked index, if it does, is the most that comes of it.
        let most = release.files.get(path).map_or(u64::MAX, |unpacked| unpacked.size);
        let most = most.min(self.place.web.limits.page);
        let (body, names, signer) = (answer.body.clone(), names.to_vec(), release.signer.clone());
        let read = tokio::task::spawn_blocking(move || {
            let found = Listed { sha256: Sha256::of(&body), size: body.len() as u64 };
            if found != listed {
                return Err(Wrong::Altered(told(&listed, &found)));
            }
            let text = unpack::unpack(packing, &body, most).map_err(Wrong::Answer)?;
            packages::rows(&text, &names, signer.as_deref()).map_err(Wrong::Answer)
        });
        match read.await {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(Wrong::Answer(why))) => Err(unusable(&answer, why)),
            Ok(Err(Wrong::Altered(why))) => {
                Err(SourceError::Altered { url: answer.url.to_string(), why })
            }
            Err(_) => Err(unusable(&answer, "the index can't be read")),
        }
    }

    /// Asks for an index in the first packing that is there.
    async fn index(
        &self,
        release: &Release,
        path: &str,
    ) -> Result<(Answer, Listed, Packing), SourceError> {
        let mut absent = None;
        for (ending, packing) in PACKINGS {
            let packed = format!("{path}{ending}");
            let Some(listed) = release.files.get(&packed) else { continue };
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let hashed = format!("{folder}/by-hash/SHA256/{}", listed.sha256);
            for file in release.by_hash.then_some(hashed).into_iter().chain([packed]) {
                match self.ask(&file).await {
                    Ok(answer) => return Ok((answer, *listed, packing)),
                    // Archives list what they do not serve.
                    Err(error) if error.is_absent() => absent = absent.or(Some(error)),
                    Err(error) => return Err(error),
                }
            }
        }
        Err(absent.unwrap_or_else(|| SourceError::Absent { url: path.to_owned() }))
    }

    /// Asks for a file of the suite.
    async fn ask(&self, path: &str) -> Result<Answer, SourceError> {
        let segments: Vec<&str> =
            ["dists"].into_iter().chain(self.suite.split('/')).chain(path.split('/')).collect();
        self.place.web.read(&self.place.web.request(self.place.url(&segments)?)).await
    }
}

/// What can be wrong with an index.
enum Wrong {
    Answer(String),
    Altered(String),
}

fn told(listed: &Listed, found: &Listed) -> String {
    format!(
        "`sha256:{}`, {} bytes, is listed, and `sha256:{}`, {} bytes, came; it may just be being \
         replaced: try again in a few minutes",
        listed.sha256, listed.size, found.sha256, found.size
    )
}
