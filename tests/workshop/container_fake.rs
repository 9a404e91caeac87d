//! What an engine is told, by a double of docker's client: a script that writes down what it is
//! told and runs the command on this machine, with the places of the container replaced by those of
//! the room. It proves nothing of what a container keeps a step from; `container` does.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, time::Duration};

use depstate::{
    model::{Environment, Executor},
    workshop::WorkshopError,
};

use super::shop::Shop;

const CLIENT: &str = r#"#!/bin/sh
PATH=/usr/bin:/bin
state=$(dirname "$0")
env > "$state/env-$1"
for word in "$@"; do echo "$word"; done > "$state/told-$1"
case $1 in
info) echo '["name=seccomp,profile=builtin"]' ;;
image) [ -e "$state/image" ] ;;
pull) [ ! -e "$state/no-network" ] && touch "$state/image" || { echo 'no such host' >&2; exit 1; } ;;
container) [ -e "$state/pid" ] ;;
rm) [ -e "$state/pid" ] && kill -9 -- -$(cat "$state/pid"); rm -f "$state/pid"; true ;;
run)
    shift
    while :; do
        case $1 in
        --volume=*:/depstate/work:*) room=${1#--volume=}; room=${room%%/work:*} ;;
        --*) ;;
        *) break ;;
        esac
        shift
    done
    shift
    cd "$room/work"
    n=$#
    while [ $n -gt 0 ]; do
        word=$(printf '%s' "$1" | sed "s|/depstate|$room|g")
        shift
        set -- "$@" "$word"
        n=$((n - 1))
    done
    # A daemon's container is no child of the client.
    setsid env "$@" &
    echo $! > "$state/pid"
    wait $!
    code=$?
    [ -e "$state/stays" ] || rm -f "$state/pid"
    exit $code
    ;;
esac
"#;

struct Engine {
    place: tempfile::TempDir,
}

impl Engine {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let client = place.path().join("docker");
        fs::write(&client, CLIENT).unwrap();
        fs::set_permissions(&client, fs::Permissions::from_mode(0o755)).unwrap();
        Self { place }
    }

    fn told(&self, what: &str) -> Vec<String> {
        let text = fs::read_to_string(self.place.path().join(what)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn mark(&self, what: &str) {
        fs::write(self.place.path().join(what), "").unwrap();
    }

    fn shop(&self, script: &str) -> Shop {
        let mut shop = Shop::new(script);
        shop.recipe.executor = Executor::Container;
        shop.recipe.image = Some(format!("tools@sha256:{}", "a".repeat(64)));
        let mut environment: BTreeMap<String, String> = BTreeMap::new();
        environment.insert("PATH".to_owned(), self.place.path().to_str().unwrap().to_owned());
        environment.insert("DOCKER_CONTEXT".to_owned(), "mine".to_owned());
        environment.insert("AWS_SECRET_ACCESS_KEY".to_owned(), "secret".to_owned());
        shop.machine.environment = Environment::new(environment);
        shop
    }
}

#[tokio::test]
async fn an_engine_is_told_to_shut_the_step_in() {
    let engine = Engine::new();
    engine.mark("image");
    let shop = engine.shop("cat $DEPSTATE_SOURCE > $DEPSTATE_OUTPUT/x");
    let (built, said) = shop.build().await;
    assert_eq!(fs::read_to_string(built.path).unwrap(), "the source");
    assert_eq!(said.lines().count(), 1, "{said}");
    let told = engine.told("told-run").into_iter().map(|word| {
        if let Some((_, rest)) = word.split_once("/room-") {
            return format!("--volume=ROOM{}", &rest[rest.find('/').unwrap()..]);
        }
        let front = |it: &&&str| word.starts_with(**it);
        let changing = ["--name=depstate-", "--user=", "--ulimit=nofile="];
        changing.iter().find(front).map_or(word.clone(), |it| format!("{it}…"))
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
    let user =
        engine.told("told-run").into_iter().find(|word| word.starts_with("--user=")).unwrap();
    assert!(!user.starts_with("--user=0"), "{user}");
    assert_eq!(engine.told("told-rm")[..3], ["rm", "--force", "--volumes"]);
    let env = engine.told("env-run");
    assert!(env.contains(&"DOCKER_CONTEXT=mine".to_owned()));
    assert!(!env.iter().any(|line| line.contains("secret")));
}

#[tokio::test]
async fn a_network_is_given_only_when_it_is_asked_for() {
    let engine = Engine::new();
    engine.mark("image");
    let mut shop = engine.shop("echo > $DEPSTATE_OUTPUT/x");
    shop.recipe.network = true;
    shop.build().await;
    assert!(!engine.told("told-run").iter().any(|word| word.contains("network")));
}

#[tokio::test]
async fn a_missing_image_is_fetched_and_that_is_said() {
    let engine = Engine::new();
    let shop = engine.shop("echo > $DEPSTATE_OUTPUT/x");
    let (_, said) = shop.build().await;
    assert!(said.contains("docker fetches the image `tools@sha256:aaa"), "{said}");
    assert_eq!(engine.told("told-pull")[2], *shop.recipe.image.as_ref().unwrap());

    let engine = Engine::new();
    engine.mark("no-network");
    let error = engine.shop("true").error().await;
    assert_eq!(error.code().as_str(), "no-executor");
    assert!(error.to_string().contains("no such host"), "{error}");
    assert!(engine.told("told-run").is_empty());
}

#[tokio::test]
async fn an_image_without_a_digest_is_refused() {
    let engine = Engine::new();
    for image in ["tools:1", "tools@sha256:abc", "@sha256:", "--privileged"] {
        let mut shop = engine.shop("true");
        shop.recipe.image = Some(image.to_owned());
        let error = shop.error().await;
        assert_eq!(error.code().as_str(), "no-executor");
        assert!(error.to_string().contains("not pinned"), "{error}");
    }
    assert!(engine.told("told-run").is_empty());
}

#[tokio::test]
async fn a_container_of_a_daemon_is_ended_by_its_name() {
    let engine = Engine::new();
    engine.mark("image");
    engine.mark("stays");
    let mut shop = engine.shop("echo $$ > ../tmp/pid; sleep 1000");
    shop.recipe.limits.time = Duration::from_secs(1);
    let error = tokio::time::timeout(Duration::from_mins(1), shop.error()).await.unwrap();
    assert!(matches!(error, WorkshopError::Limit { .. }), "{error}");
    assert_eq!(engine.told("told-rm")[0], "rm");
    assert!(!engine.place.path().join("pid").exists());
}

#[tokio::test]
async fn without_an_engine_nothing_is_run() {
    let empty = tempfile::tempdir().unwrap();
    let mut shop = Engine::new().shop("true");
    let path = empty.path().to_str().unwrap().to_owned();
    shop.machine.environment = Environment::new([("PATH".to_owned(), path)].into());
    let error = shop.error().await;
    assert_eq!(error.code().as_str(), "no-executor");
    assert!(error.to_string().contains("no `podman`") && error.to_string().contains("no `docker`"));
}
