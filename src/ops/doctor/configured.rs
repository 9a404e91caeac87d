//! The user's own configuration: which file, whom it is about, and what of it is there.

use super::Examined;
use crate::{
    config::{HostSettings, Proxy},
    ops::{Project, configuration},
};

/// Says which file is used and what it sets; the names of variables, never what they hold.
pub(super) fn look(project: &Project, found: &mut Examined) {
    let Some(file) = &project.config_file else {
        found.fine("config", "there is none; `.depstate/config.toml` would be read");
        return;
    };
    let config = &project.config;
    found.fine("config", format!("`{}` is used", file.display()));
    for host in &config.hosts {
        let (said, lacks) = settings(project, host);
        let text = format!("{}: {}", host.host, said.join(", "));
        if lacks.is_empty() {
            found.fine("host", text);
        } else {
            let help = format!("set {}, or this host is asked without", lacks.join(" and "));
            found.note("host", text, Some(&help));
        }
    }
    for rewrite in &config.rewrites {
        found.fine("rewrite", format!("{} is asked at {}", rewrite.from, rewrite.to));
    }
    for name in config.drivers.keys() {
        found.fine("driver", format!("`{name}` may run, if its file has the digest"));
    }
}

/// What is set for a host, and which of it is not there.
fn settings(project: &Project, host: &HostSettings) -> (Vec<String>, Vec<String>) {
    let environment = &project.setting.environment;
    let (mut said, mut lacks) = (Vec::new(), Vec::new());
    for header in &host.headers {
        let set = environment.get(&header.env).is_some();
        let state = if set { "set" } else { "not set" };
        said.push(format!("header `{}` from {} ({state})", header.name, header.env));
        if !set {
            lacks.push(header.env.clone());
        }
    }
    if host.netrc {
        let file = configuration::netrc_file(environment);
        let there = file.as_ref().is_some_and(|file| file.exists());
        let name = file.map_or_else(|| "no file".to_owned(), |file| file.display().to_string());
        said.push(format!("netrc ({name}{})", if there { "" } else { ", which is not there" }));
    }
    if let Some(file) = &host.ca_file {
        said.push(format!("certificates of `{file}` alone"));
    }
    match &host.proxy {
        None => {}
        Some(Proxy::No) => said.push("no proxy".to_owned()),
        Some(Proxy::At(url)) => said.push(format!("proxy {url}")),
    }
    if let Some(rate) = host.rate {
        said.push(format!("at most {rate} requests a second"));
    }
    if host.insecure {
        said.push("plain http allowed".to_owned());
    }
    if host.private {
        said.push("private addresses allowed".to_owned());
    }
    if said.is_empty() {
        said.push("nothing is set".to_owned());
    }
    (said, lacks)
}
