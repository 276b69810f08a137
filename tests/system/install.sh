#!/usr/bin/env bash
# Debian's packages that the system tests run, where they are not there yet.
set -euo pipefail
cd "$(dirname "$0")"
mapfile -t missing < <(comm -23 <(sort packages.txt) <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort))
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi
as_root=(); if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
