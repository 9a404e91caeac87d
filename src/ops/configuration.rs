//! The user's own configuration: which file, what stands in it, and what that is for requests.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{OpsError, Setting, error::chain};
use crate::{
    config::{Config, HostSettings, Proxy},
    disk, manifest,
    model::{Code, Environment},
    net::{HostRule, Logins, ProxyRule, Rules, Secret, check_certificates},
};

/// The file that is read where no other is named, beside deps.toml.
pub(super) const USUAL: &str = ".depstate/config.toml";

/// The configuration, and where it came from.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) config: Config,
    /// None: there is no file, and nothing is configured.
    pub(super) file: Option<PathBuf>,
    /// What it is for requests.
    pub(super) rules: Rules,
}

/// Reads the configuration, and what it names: variables, certificates, the netrc file.
///
/// # Errors
/// All its mistakes in one report; a file that git tracks; a file that it names and that can't be
/// read.
pub(super) fn read(setting: &Setting, root: &Path) -> Result<Found, OpsError> {
    let usual = root.join(USUAL);
    let path = setting.config.as_ref().unwrap_or(&usual);
    let shown = match &setting.config {
        Some(path) => path.display().to_string(),
        None => USUAL.to_owned(),
    };
    // Also where another one is used: somebody may have put it there to be used some day.
    for (path, shown) in [(&usual, USUAL), (path, shown.as_str())] {
        refuse_tracked(root, path, shown)?;
    }
    let bytes = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && setting.config.is_none() => {
            return Ok(Found::default());
        }
        Err(error) => {
            let help = setting.config.is_some().then_some(
                "`--config FILE` or DEPSTATE_CONFIG names the configuration; without either it is \
                 `.depstate/config.toml`, which need not be there",
            );
            return Err(OpsError::said(Code::FILE_FAILED, chain(&error), help));
        }
    };
    let read = crate::config::read(&bytes);
    if !read.mistakes.is_empty() {
        let report = manifest::report(&shown, &bytes, read.mistakes);
        return Err(OpsError::Config(Box::new(report)));
    }
    let folder = path.parent().unwrap_or(root);
    let rules = rules(&read.config, folder, &setting.environment)?;
    Ok(Found { config: read.config, file: Some(path.clone()), rules })
}

fn refuse_tracked(root: &Path, path: &Path, shown: &str) -> Result<(), OpsError> {
    if fs_err::symlink_metadata(path).is_err()
        || !disk::is_tracked(&absolute(root), &absolute(path))?
    {
        return Ok(());
    }
    Err(OpsError::said(
        Code::CONFIG_TRACKED,
        format!(
            "git tracks `{shown}`: a pull request could so decide where tokens go and which programs run"
        ),
        Some(&format!(
            "take it out with `git rm --cached {shown}`, and let the machine have it that runs \
             depstate"
        )),
    ))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

fn rules(config: &Config, folder: &Path, environment: &Environment) -> Result<Rules, OpsError> {
    let logins = if config.hosts.iter().any(|host| host.netrc) {
        Some(Arc::new(logins(environment)?))
    } else {
        None
    };
    let host = |host| rule(host, folder, environment, logins.as_ref());
    Ok(Rules {
        hosts: config.hosts.iter().map(host).collect::<Result<_, _>>()?,
        rewrites: config.rewrites.iter().map(|it| (it.from.clone(), it.to.clone())).collect(),
    })
}

fn rule(
    settings: &HostSettings,
    folder: &Path,
    environment: &Environment,
    logins: Option<&Arc<Logins>>,
) -> Result<HostRule, OpsError> {
    let mut rule = HostRule::new(settings.host.clone());
    for header in &settings.headers {
        let Some(value) = environment.get(&header.env) else {
            rule.lacks.push(header.env.clone());
            continue;
        };
        if value.trim().bytes().any(|b| b < b' ' || b == 0x7f) {
            let message =
                format!("`{}` can't be sent as a header: it has several lines", header.env);
            return Err(OpsError::said(Code::BAD_VALUE, message, None));
        }
        let value = Secret::new(&format!("{}{}", header.prefix, value.trim()));
        rule.headers.push((header.name.clone(), value));
    }
    rule.logins = logins.filter(|_| settings.netrc).cloned();
    if let Some(file) = &settings.ca_file {
        let path = folder.join(file);
        let failed = |why: String| {
            let help = format!("`ca-file` of `{}` names it; it is read as PEM", settings.host);
            OpsError::said(Code::FILE_FAILED, why, Some(&help))
        };
        let pem = fs_err::read(&path).map_err(|error| failed(chain(&error)))?;
        check_certificates(&pem)
            .map_err(|error| failed(format!("`{}`: {}", path.display(), chain(&error))))?;
        rule.ca = Some(pem);
    }
    rule.proxy = match &settings.proxy {
        None => ProxyRule::System,
        Some(Proxy::No) => ProxyRule::No,
        Some(Proxy::At(url)) => ProxyRule::At(url.clone()),
    };
    rule.every = settings.rate.map(|rate| Duration::from_secs_f64(1.0 / rate));
    rule.insecure = settings.insecure;
    rule.private = settings.private;
    Ok(rule)
}

/// Where users and passwords stand: `NETRC`, or `.netrc` in the home folder.
pub(super) fn netrc_file(environment: &Environment) -> Option<PathBuf> {
    let home = || environment.get("HOME").or_else(|| environment.get("USERPROFILE"));
    let named = environment.get("NETRC").map(PathBuf::from);
    named.or_else(|| home().map(|home| Path::new(home).join(".netrc")))
}

/// Reads the netrc file; one that is not there knows nobody.
pub(super) fn logins(environment: &Environment) -> Result<Logins, OpsError> {
    let Some(path) = netrc_file(environment) else { return Ok(Logins::default()) };
    let text = match fs_err::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Logins::default()),
        Err(error) => return Err(OpsError::said(Code::FILE_FAILED, chain(&error), None)),
    };
    Logins::read(&text).ok_or_else(|| {
        let message = format!("`{}` can't be read as a netrc file", path.display());
        OpsError::said(Code::FILE_FAILED, message, None)
    })
}
