//! Sources: what every driver promises, what each one does, and the HTTP below them.

mod http;
mod resume;

use std::time::Duration;

use depstate::net::{Client, ClientConfig};

/// A client that fails fast: four tries, but no waits worth mentioning.
fn client() -> Client {
    Client::new(config())
}

fn config() -> ClientConfig {
    ClientConfig {
        system_proxy: false,
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(4),
        read_timeout: Duration::from_secs(5),
        ..ClientConfig::default()
    }
}
