#!/bin/sh
# Runs a command in a network namespace of its own, with loopback and nothing else: Chromium gathers every address
# of the machine, and here there is only one.  Without root a user namespace gives the right to it.  The process
# namespace is there so that no browser outlives a test that was killed.
set -eu
who=
[ "$(id -u)" -eq 0 ] || who=--map-root-user
# shellcheck disable=SC2016,SC2086  # the inner shell expands; nothing, or one word
exec unshare $who --net --pid --fork --kill-child --mount-proc -- \
    sh -c 'PATH=$PATH:/sbin:/usr/sbin; ip link set lo up && "$@"' sh "$@"
