#!/bin/sh
# Begins in an empty folder; what it leaves in $DEPSTATE_OUTPUT is packed. It has no network, and can
# write nowhere else. What it may read is what deps.toml names: the source, itself, the patches.
set -eu
tar -xzf "$DEPSTATE_SOURCE" --strip-components=1 --no-same-owner
for patch in "$DEPSTATE_TREE"/build/patches/*/*.patch; do
    [ -e "$patch" ] || continue
    echo "applying ${patch##*/}"
    patch -p1 <"$patch"
done
mkdir -p "$DEPSTATE_OUTPUT/bin" "$DEPSTATE_OUTPUT/share/doc/hello"
# shellcheck disable=SC2086 # CFLAGS are several words
cc $CFLAGS -Wall -o "$DEPSTATE_OUTPUT/bin/hello" hello.c
cp LICENSE "$DEPSTATE_OUTPUT/share/doc/hello/"
