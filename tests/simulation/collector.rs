//! A collector: the program's own survey and collection, again and again.

use std::time::Duration;

use depstate::{
    commit::Rules,
    model::Code,
    state::{StateError, collect, survey},
};

use super::{actor::Actor, profile::Plant, shoddy};

/// Collects until it is killed.
pub(crate) async fn run(actor: Actor) {
    loop {
        let span = actor.rng().below(4000) as u64 + 100;
        tokio::time::sleep(Duration::from_millis(span)).await;
        match actor.plant {
            Some(
                plant
                @ (Plant::NotDoomed | Plant::DoomedByWord | Plant::NoFence | Plant::NotMarked),
            ) => {
                let _whatever_came = shoddy::collect(&actor, plant).await;
            }
            Some(_) | None => once(actor.clone()).await,
        }
    }
}

pub(crate) fn rules(actor: &Actor) -> Rules {
    Rules {
        now: actor.now(),
        grace: Duration::from_secs(actor.profile.grace),
        history: Duration::from_secs(actor.profile.history),
        dead_after: Duration::from_secs(actor.profile.patience),
    }
}

/// Collects once.
pub(crate) async fn once(actor: Actor) {
    let rules = rules(&actor);
    let found = survey(&*actor.storage(), &*actor.cache(), &rules).await;
    let findings = match found {
        Ok(Some(findings)) => findings,
        Ok(None) => return,
        Err(error) => return told(&actor, "survey", &error),
    };
    match collect(actor.storage(), actor.cache(), actor.author(), rules, findings).await {
        Ok(did) => {
            let text = |all: &[depstate::model::Tx]| -> Vec<String> {
                all.iter().map(ToString::to_string).collect()
            };
            actor.tell(|laws| laws.swept(&text(&did.swept), &text(&did.committed)));
            let line = format!(
                "a{}   collected: {} doomed, {} deleted, {} swept, left {:?}",
                actor.store.actor,
                did.doomed,
                did.deleted,
                did.swept.len(),
                did.left
            );
            actor.world().note(line);
        }
        Err(error) => told(&actor, "collect", &error),
    }
}

/// What the program says is broken must be broken, and here nothing ever is; clocks are.
fn told(actor: &Actor, doing: &str, error: &StateError) {
    if let StateError::Refused { message, code, .. } = error
        && *code != Code::CLOCK_SKEW
    {
        actor.world().breach(format!("{doing} says: {message}"));
    }
}
