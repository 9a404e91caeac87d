//! The external drivers that there are, whether they may run, and one made ready for a test.

use std::path::PathBuf;

use super::{
    OpsError, Setting, configuration,
    outside::{Outside, said},
};
use crate::{
    external::{self, DriverKind, ExternalError, Found},
    manifest,
    model::{Code, Located, Sha256},
    net::{Client, ClientConfig},
};

/// An external driver on PATH.
#[derive(Debug, Clone)]
pub struct Outsider {
    /// Where it is.
    pub found: Found,
    /// The file's digest; none: it can't be read.
    pub sha256: Option<Sha256>,
    /// Whether it may run.
    pub allowance: Allowance,
}

/// Whether a program may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// The user's configuration has it with this digest.
    Allowed,
    /// The user's configuration has it with another digest.
    Changed,
    /// The user's configuration does not have it.
    NotAllowed,
}

impl Allowance {
    /// Returns the words for it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Changed => "changed",
            Self::NotAllowed => "not allowed",
        }
    }
}

fn configured(setting: &Setting) -> Result<(configuration::Found, PathBuf), OpsError> {
    let root = setting.manifest.parent().map(PathBuf::from).unwrap_or_default();
    let configured = configuration::read(setting, &root)?;
    Ok((configured, root))
}

/// Lists the external drivers on PATH. None of them is run.
///
/// # Errors
/// When the user's configuration can't be read.
pub fn outsiders(setting: &Setting) -> Result<Vec<Outsider>, OpsError> {
    let (configured, _) = configured(setting)?;
    let all = external::scan(&setting.environment).into_iter().map(|found| {
        let sha256 = external::digest_of(&found.path).ok();
        let allowance = match configured.config.drivers.get(&found.program) {
            Some(allowed) if sha256.as_ref() == Some(allowed) => Allowance::Allowed,
            Some(_) => Allowance::Changed,
            None => Allowance::NotAllowed,
        };
        Outsider { found, sha256, allowance }
    });
    Ok(all.collect())
}

/// Finds one external driver by its name in deps.toml or by its program's name.
///
/// # Errors
/// When there is none, or both a source and a store of that name.
pub fn outsider(setting: &Setting, name: &str) -> Result<Outsider, OpsError> {
    let mut fitting: Vec<Outsider> = outsiders(setting)?
        .into_iter()
        .filter(|driver| driver.found.name == name || driver.found.program == name)
        .collect();
    match (fitting.pop(), fitting.pop()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(OpsError::said(
            Code::UNKNOWN_DRIVER,
            format!("there are both a source and a store called `{name}`"),
            Some("name the program: `depstate-source-…` or `depstate-storage-…`"),
        )),
        (None, _) => Err(said(&ExternalError::NotFound {
            program: format!("depstate-source-{name}` or `depstate-storage-{name}"),
        })),
    }
}

/// Makes a driver ready to be tested, with a table of its own: lines of TOML as in deps.toml. It may
/// run no more than any other time: the user's configuration has to allow it.
///
/// # Errors
/// When it may not run, or the lines are no TOML.
pub fn ready(setting: &Setting, name: &str, lines: &str) -> Result<external::Setup, OpsError> {
    let driver = outsider(setting, name)?;
    let (configured, root) = configured(setting)?;
    let table = manifest::free_table(lines)
        .map_err(|why| OpsError::said(Code::SYNTAX, format!("`--set`: {why}"), None))?;
    let mut mistakes = Vec::new();
    let mut outside = Outside::new(setting, &root, lines.as_bytes(), &configured.config);
    let named = Located::new(driver.found.name.clone(), 0..0);
    let made = outside.ready(driver.found.kind, &named, &table, &mut mistakes);
    match (made, mistakes.into_iter().next()) {
        (Some(mut setup), None) => {
            "--set".clone_into(&mut setup.asked.file);
            if driver.found.kind == DriverKind::Source {
                setup.id = Some("test".to_owned());
            }
            Ok(setup)
        }
        (_, Some(mistake)) => {
            Err(OpsError::said(mistake.code, mistake.message, mistake.help.as_deref()))
        }
        (None, None) => Err(OpsError::said(Code::DRIVER_FAILED, "the driver can't be made", None)),
    }
}

/// Returns a client for what a driver under test leaves to depstate.
///
/// # Errors
/// When the user's configuration can't be read.
pub fn client(setting: &Setting) -> Result<Client, OpsError> {
    let rules = configured(setting)?.0.rules;
    Ok(Client::new(ClientConfig { offline: setting.offline, rules, ..ClientConfig::default() }))
}
