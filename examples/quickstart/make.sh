#!/bin/sh
# Makes the archives of a version of `hello`, the same bytes on every machine:
#   ./make.sh 1.2.0
# It stands in for an upstream that makes a release.
set -eu
version=${1:?give a version, such as 1.2.0}
cd "$(dirname "$0")"
mkdir -p upstream
for target in linux-amd64 linux-arm64; do
    name=hello-$version-$target
    work=$(mktemp -d)
    mkdir "$work/$name"
    printf '#!/bin/sh\necho "hello %s, built for %s"\n' "$version" "$target" >"$work/$name/hello"
    chmod 755 "$work/$name/hello"
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=2026-01-01T00:00:00Z \
        -C "$work" -cf - "$name" | gzip -9n >"upstream/$name.tar.gz"
    rm -r "$work"
    echo "upstream/$name.tar.gz"
done
