#!/bin/sh
# Makes the source archive of a version of `hello` of what lies in `source/`, the same bytes on every
# machine:
#   ./make.sh 1.2.0
# It stands in for an upstream that makes a release.
set -eu
version=${1:?give a version, such as 1.2.0}
cd "$(dirname "$0")"
name=hello-c-$version
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
mkdir -p upstream "$work/$name"
cp source/LICENSE "$work/$name/"
sed "s/@VERSION@/$version/" source/version.h >"$work/$name/version.h"
case $version in
0.* | 1.*) cp source/hello.c "$work/$name/hello.c" ;;
*) cp source/hello2.c "$work/$name/hello.c" ;;
esac
chmod 755 "$work/$name"
chmod 644 "$work/$name"/*
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=2026-01-01T00:00:00Z --format=ustar \
    -C "$work" -cf - "$name" | gzip -9n >"upstream/$name.tar.gz"
echo "upstream/$name.tar.gz"
