//! What decides a plan, from flags.

use std::collections::BTreeSet;

use clap::Args;
use jiff::Timestamp;

use crate::{cli::exit::Stop, model::DependencyId, planner::Update};

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Time {
    /// Decide as if it were this day or instant (RFC 3339, or YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = instant, env = "DEPSTATE_AS_OF")]
    pub(in crate::cli) as_of: Option<Timestamp>,
}

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Planning {
    /// Not these: addresses or globs of them
    #[arg(long, value_name = "FILTER")]
    pub(in crate::cli) exclude: Vec<String>,
    /// Look for newer versions too: of all, or of the named dependencies (`--update=node`)
    #[arg(long, value_name = "ID", num_args = 0..=1, require_equals = true, value_delimiter = ',',
          default_missing_value = "", env = "DEPSTATE_UPDATE")]
    pub(in crate::cli) update: Vec<String>,
    /// Build these again though nothing changed: addresses or globs of them
    #[arg(long, value_name = "FILTER")]
    pub(in crate::cli) rebuild: Vec<String>,
    /// How many artifacts may be retired
    #[arg(long, value_name = "N", default_value_t = 20, env = "DEPSTATE_MAX_RETIRE")]
    pub(in crate::cli) max_retire: u64,
    #[command(flatten)]
    pub(in crate::cli) time: Time,
}

impl Planning {
    /// Tells whether newer versions are looked for.
    pub(in crate::cli) fn updates(&self) -> bool {
        self.update.iter().any(|text| !is_no(text))
    }

    /// Which dependencies look for newer versions. The variable may also say yes or no.
    pub(in crate::cli) fn update(&self) -> Result<Update, Stop> {
        let named = || self.update.iter().filter(|text| !is_no(text));
        if named().any(|text| matches!(text.as_str(), "" | "1" | "true" | "yes" | "on")) {
            return Ok(Update::All);
        }
        let ids: Result<BTreeSet<DependencyId>, _> =
            named().map(|id| DependencyId::new(id.as_str())).collect();
        let ids = ids.map_err(|error| Stop::Usage(error.to_string()))?;
        Ok(if ids.is_empty() { Update::No } else { Update::Only(ids) })
    }
}

fn is_no(text: &str) -> bool {
    matches!(text, "0" | "false" | "no" | "off")
}

fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    text.parse::<jiff::civil::Date>()
        .ok()
        .and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|zoned| zoned.timestamp())
        .ok_or_else(|| "give a day `2026-01-31` or an instant `2026-01-31T12:00:00Z`".to_owned())
}
