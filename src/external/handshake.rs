//! The first words: who asks, who answers.

use std::{sync::Arc, time::Duration};

use super::{
    connection::Connection,
    error::ExternalError,
    protocol::{ConfigMistake, Initialize, PROTOCOL, RpcError, Welcome, code},
    setup::Setup,
    words::{is_hidden, plain},
};

/// Longest that a driver may ask to be waited for, in seconds.
const LONGEST: u64 = 3600;
/// Keys that depstate itself reads in a driver's table.
const OWN: &[&str] = &["insecure"];

/// A driver that was started and has said who it is.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: Connection,
    pub(super) welcome: Welcome,
}

impl Session {
    /// Starts a driver and greets it.
    pub(super) async fn start(setup: &Setup) -> Result<Arc<Self>, ExternalError> {
        let connection = Connection::start(setup).await?;
        let first = Initialize {
            protocol: PROTOCOL,
            depstate: env!("CARGO_PKG_VERSION").to_owned(),
            kind: setup.kind,
            name: setup.name.clone(),
            config: setup.asked.config.clone(),
            root: setup.root.display().to_string(),
            id: setup.id.clone(),
        };
        let mut welcome = match connection.ask(&first).await {
            Ok(welcome) => welcome,
            Err(ExternalError::Failed { program, error }) => {
                return Err(refused(setup, program, *error));
            }
            Err(other) => return Err(other),
        };
        check(setup, &welcome)?;
        welcome.place = plain(&welcome.place);
        let within = welcome.answer_within.filter(|_| !setup.patience.fixed);
        let answer =
            within.map_or(setup.patience.answer, |s| Duration::from_secs(s.clamp(1, LONGEST)));
        connection.settle(welcome.capabilities.in_flight, answer);
        Ok(Arc::new(Self { connection, welcome }))
    }
}

/// A driver may refuse its table, and says why.
fn refused(setup: &Setup, program: String, error: RpcError) -> ExternalError {
    if error.code != code::CONFIG {
        return ExternalError::Failed { program, error: Box::new(error) };
    }
    let mut mistakes = error.data.unwrap_or_default().mistakes;
    if mistakes.is_empty() {
        mistakes.push(ConfigMistake { key: None, message: error.message, help: None });
    }
    told(setup, program, mistakes)
}

/// Names the lines where mistakes are.
fn told(setup: &Setup, program: String, mistakes: Vec<ConfigMistake>) -> ExternalError {
    let place = |mistake: &ConfigMistake| {
        let line = setup.asked.lines.get(mistake.key.as_ref()?)?;
        Some(format!("{}:{line}", setup.asked.file))
    };
    let mistakes = mistakes.into_iter().map(|mistake| (place(&mistake), mistake)).collect();
    ExternalError::Config { program, mistakes }
}

fn check(setup: &Setup, welcome: &Welcome) -> Result<(), ExternalError> {
    let program = || setup.program.name().to_owned();
    let odd = |why: String| Err(ExternalError::Handshake { program: program(), why });
    if welcome.protocol != PROTOCOL {
        return odd(format!(
            "it speaks version {} of the protocol, and this depstate speaks {PROTOCOL}",
            welcome.protocol
        ));
    }
    for (what, text) in
        [("name", &welcome.name), ("version", &welcome.version), ("place", &welcome.place)]
    {
        if text.trim().is_empty() || text.chars().any(is_hidden) || text.len() > 1024 {
            return odd(format!(
                "its `{what}` is empty, too long, or has letters that can't be seen"
            ));
        }
    }
    if let Some(other) = welcome
        .capabilities
        .opens
        .iter()
        .find(|k| !["driver", "https", "http"].contains(&k.as_str()))
    {
        return odd(format!(
            "it says that it opens `{}:`, which no address begins with",
            plain(other)
        ));
    }
    let unknown: Vec<ConfigMistake> = setup
        .asked
        .config
        .keys()
        .filter(|key| !welcome.fields.contains(key) && !OWN.contains(&key.as_str()))
        .map(|key| ConfigMistake {
            key: Some(key.clone()),
            message: "the driver does not know this key".to_owned(),
            help: Some(match welcome.fields.as_slice() {
                [] => "it has none".to_owned(),
                known => format!("known keys: {}", known.join(", ")),
            }),
        })
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(told(setup, program(), unknown)) }
}
