//! Hashes the signed bytes once for all signatures over them.

use std::io::Read;

use pgp::packet::{SignatureConfig, SignatureVersionSpecific};

use crate::signature::SignatureError;

const CHUNK: usize = 64 * 1024;

/// Returns, for each signature, the hash that it should be over; nothing for one that asks for what
/// can't be computed.
pub(super) fn digests(
    configs: &[&SignatureConfig],
    over: &mut dyn Read,
) -> Result<Vec<Option<Vec<u8>>>, SignatureError> {
    let mut hashers = Vec::with_capacity(configs.len());
    for config in configs {
        let mut hasher = config.hash_alg.new_hasher().ok();
        if let (Some(hasher), SignatureVersionSpecific::V6 { salt }) =
            (hasher.as_mut(), &config.version_specific)
        {
            hasher.update(salt);
        }
        hashers.push(hasher);
    }
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match over.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => {
                return Err(SignatureError::invalid(format!(
                    "the signed bytes can't be read: {e}"
                )));
            }
        };
        for hasher in hashers.iter_mut().flatten() {
            hasher.update(chunk.get(..read).unwrap_or_default());
        }
    }
    Ok(configs
        .iter()
        .zip(hashers)
        .map(|(config, hasher)| {
            let mut hasher = hasher?;
            let length = config.hash_signature_data(&mut hasher).ok()?;
            hasher.update(&config.trailer(length).ok()?);
            Some(hasher.finalize().into_vec())
        })
        .collect())
}
