//! The promises of every driver's process: what it does with what it does not know, and its end.

use std::time::Duration;

use serde_json::json;

use super::{Stop, Tried, Verdict, ensure, tried};
use crate::external::{
    DriverKind, ExternalError, Setup,
    handshake::Session,
    protocol::{Head, Releases, code},
};

/// Longest that a driver may take to its end.
const LONGEST: Duration = Duration::from_secs(5);

pub(super) async fn promises(setup: &Setup, tell: &mut dyn FnMut(&Verdict)) -> Vec<Verdict> {
    let mut all = Vec::new();
    let mut note = |verdict: Verdict| {
        tell(&verdict);
        all.push(verdict);
    };
    note(tried("a key that it does not know is refused", unknown_key(setup)).await);
    note(tried("a method that it does not have is refused", unknown_method(setup)).await);
    note(tried("it ends when it is told to", told(setup)).await);
    note(tried("it ends when its stdin is closed", closed(setup)).await);
    all
}

async fn unknown_key(setup: &Setup) -> Tried {
    let mut setup = setup.clone();
    setup.asked.config.insert("no-such-key".to_owned(), json!(1));
    match Session::start(&setup).await {
        Err(ExternalError::Config { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Stop::Broken("it takes a table with `no-such-key = 1`".to_owned())),
    }
}

async fn unknown_method(setup: &Setup) -> Tried {
    let session = Session::start(setup).await?;
    let answer = match setup.kind {
        DriverKind::Source => {
            let request = Head { key: "head.json".to_owned() };
            session.connection.ask(&request).await.map(drop)
        }
        DriverKind::Storage => session.connection.ask(&Releases::default()).await.map(drop),
    };
    match answer {
        Err(ExternalError::Failed { error, .. }) => {
            let method = code::METHOD;
            ensure!(error.code == method, "it answers the error {}, not {method}", error.code);
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(()) => Err(Stop::Broken("it answers a request of the other kind of drivers".to_owned())),
    }
}

async fn told(setup: &Setup) -> Tried {
    let session = Session::start(setup).await?;
    match std::sync::Arc::try_unwrap(session) {
        Ok(session) => Ok(session.connection.shutdown(LONGEST).await?),
        Err(_) => Ok(()),
    }
}

async fn closed(setup: &Setup) -> Tried {
    let session = Session::start(setup).await?;
    let ended = session.connection.hang_up(LONGEST).await;
    ensure!(ended, "it still runs {} s after its stdin was closed", LONGEST.as_secs());
    Ok(())
}
