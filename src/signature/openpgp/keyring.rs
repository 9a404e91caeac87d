//! The keys that may sign.

use std::{collections::BTreeMap, fmt};

use pgp::composed::{Deserializable, SignedPublicKey};

use super::{armor, certificate::Certificate, plain};
use crate::signature::SignatureError;

/// The keys that may sign: pinned by being there.
#[derive(Clone, Default)]
pub struct Keyring {
    /// By full fingerprint, upper-case hex.
    keys: BTreeMap<String, Certificate>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

impl Keyring {
    /// Reads key files, armoured or binary, each with its name for messages. A file may hold several
    /// keys, in one block or in several; of one key given twice all that is said counts.
    ///
    /// Keys of forms that can't be read (other versions, other algorithms) are left out, as long as
    /// a file holds one that can.
    ///
    /// # Errors
    /// When a file holds no key, or a secret one.
    pub fn read(files: &[(String, Vec<u8>)]) -> Result<Self, SignatureError> {
        let mut keys: BTreeMap<String, Certificate> = BTreeMap::new();
        for (name, bytes) in files {
            let named = |why: &str| SignatureError::key(format!("the key file `{name}`: {why}"));
            let blocks = armor::blocks(bytes, armor::Wanted::Key).map_err(|e| named(&e.message))?;
            let (mut found, mut broken) = (0, None);
            for block in &blocks {
                let parsed = SignedPublicKey::from_bytes_many(block.as_slice())
                    .map_err(|e| named(&plain(&e.to_string())))?;
                for key in parsed {
                    match key {
                        Ok(key) => {
                            found += 1;
                            let certificate = Certificate::new(key);
                            let print = certificate.fingerprint();
                            match keys.get_mut(&print) {
                                Some(there) => there.merge(certificate),
                                None => drop(keys.insert(print, certificate)),
                            }
                        }
                        Err(e) => broken = Some(plain(&e.to_string())),
                    }
                }
            }
            if found == 0 {
                return Err(named(&match broken {
                    Some(why) => format!("it holds no key that can be read ({why})"),
                    None => "it holds no key".to_owned(),
                }));
            }
        }
        Ok(Self { keys })
    }

    /// Keeps only the keys with these fingerprints (hex, of primary keys; blanks don't matter).
    ///
    /// # Errors
    /// When one of them is none of the keys: the ones that are there.
    pub fn only(mut self, fingerprints: &[String]) -> Result<Self, SignatureError> {
        let wanted: Vec<String> = fingerprints
            .iter()
            .map(|f| f.split_whitespace().collect::<String>().to_uppercase())
            .collect();
        if let Some(missing) = wanted.iter().find(|print| !self.keys.contains_key(*print)) {
            return Err(SignatureError::key(format!(
                "no key file holds the key `{missing}`; there is {}",
                super::list(&self.fingerprints())
            )));
        }
        self.keys.retain(|print, _| wanted.contains(print));
        Ok(self)
    }

    /// Returns the full fingerprints of the primary keys, upper-case hex, sorted.
    pub fn fingerprints(&self) -> Vec<String> {
        self.keys.keys().cloned().collect()
    }

    pub(super) fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.keys.values()
    }
}
