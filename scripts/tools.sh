# Sourced by the scripts beside it: goes to the repository's root and offers `tool`, which
# installs a pinned cargo command into the target folder, so that nothing global changes.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}

if ! command -v cargo >/dev/null; then
  echo "cargo is missing: install Rust with rustup (https://rustup.rs), open a new shell, run this again." >&2
  exit 1
fi

step() {
  printf '\n==> %s\n' "$*"
  "$@"
}

# tool <crate> <version>: puts that version first in PATH. Built in a temporary folder, without
# optimisation: compiling takes longer than the checks themselves.
tool() {
  local folder="$target/tools/$1-$2"
  if [[ ! -x $folder/bin/$1 ]]; then
    step env -u CARGO_TARGET_DIR cargo install "$1" --version "$2" --locked --debug --root "$folder"
  fi
  PATH="$folder/bin:$PATH"
}

deny() {
  tool cargo-deny 0.20.2
  step cargo deny --locked check --hide-inclusion-graph "$@"
}
