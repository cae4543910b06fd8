# Sourced by the scripts beside it (bash). What every task needs: messages with the time they
# took, the machine's missing packages, and compiled dependencies shared between clones.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/counterweight
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}
case $CARGO_TARGET_DIR in /*) ;; *) CARGO_TARGET_DIR=$root/$CARGO_TARGET_DIR ;; esac

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# step TITLE COMMAND...: "[2/5] TITLE ...", then the command, then its time. Set `steps` first.
steps=0 step_number=0
step() {
    local title=$1 started=$SECONDS code=0; shift
    step_number=$((step_number + 1))
    say ""
    say "[$step_number/$steps] $title ..."
    "$@" || code=$?
    if [ "$code" != 0 ]; then
        say "[$step_number/$steps] $title: FAILED (exit code $code) after $(elapsed "$started")"
        exit "$code"
    fi
    say "[$step_number/$steps] $title: done in $(elapsed "$started")"
}
elapsed() { # seconds since $1, as "1 min 05 s"
    local s=$((SECONDS - $1))
    if [ "$s" -ge 60 ]; then printf '%d min %02d s' $((s / 60)) $((s % 60)); else printf '%d s' "$s"; fi
}

# install_packages PACKAGE...: Debian packages, as root or through sudo.
install_packages() {
    local as_root=()
    if ! command -v apt-get >/dev/null; then
        die "missing on this machine: $* (Debian's names). Install them and run this again."
    fi
    if [ "$(id -u)" != 0 ]; then
        # without a terminal sudo may only be used if it asks for no password
        if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            die "missing on this machine: $*. As root: apt-get install $*"
        fi
    fi
    say "installing Debian packages: $*"
    local env=(env DEBIAN_FRONTEND=noninteractive)
    local install=("${as_root[@]}" "${env[@]}" apt-get install -y -q --no-install-recommends "$@")
    # package lists may be missing (containers) or old
    if ! "${install[@]}" </dev/null >/dev/null 2>&1; then
        "${as_root[@]}" "${env[@]}" apt-get update -q </dev/null >/dev/null || say "warning: apt-get update failed"
        "${install[@]}" </dev/null >&2 || die "could not install $*. Install them by hand and run this again."
    fi
}

# need_tools [COMPONENT...]: a cargo that is new enough, a C compiler, python3, patch, and
# components of the Rust toolchain (clippy, rustfmt) or the library that the whole workspace links
# (openssl).
need_tools() {
    local missing=() tool want have component
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    command -v python3 >/dev/null || missing+=(python3)
    command -v patch >/dev/null || missing+=(patch)
    case " $* " in
        *" openssl "*) pkg-config --exists openssl 2>/dev/null || missing+=(libssl-dev pkg-config) ;;
    esac
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
    command -v cargo >/dev/null || die "no cargo on the PATH: install Rust (https://rustup.rs) and run this again."
    want=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    have=$(cd "$root" && rustc --version | cut -d' ' -f2) || die "rustc does not run"
    newer "$have" "$want" || die "rustc $have is too old: this workspace needs $want (rustup update stable)."
    for component in "$@"; do
        [ "$component" != openssl ] || continue
        case $component in clippy) tool=cargo-clippy ;; *) tool=$component ;; esac
        "$tool" --version >/dev/null 2>&1 && continue
        say "adding the Rust component $component"
        command -v rustup >/dev/null && rustup component add "$component" >&2 \
            || die "$component is missing: rustup component add $component"
    done
    say "rustc $have, $(cc --version | head -1), $(python3 --version 2>&1)"
}
newer() { # is version $1 at least $2
    [ "$(printf '%s\n%s\n' "$2" "${1%%-*}" | sort -V | head -1)" = "$2" ]
}

# use_target_dir FOLDER: makes a target folder that several clones share safe for this one.
# Cargo tells a workspace's own packages apart by their path inside the workspace and by file
# times, so that after a build in one clone it would take another clone's packages for up to date
# and run the wrong code. Hence: date this clone's files anew when it was not the last one to build
# (dependencies stay compiled), and keep the folder locked while the script runs.
use_target_dir() {
    mkdir -p "$1" || die "cannot create $1"
    lock "$1"
    [ "$(cat "$1/.clone" 2>/dev/null)" != "$root" ] || return 0
    find "$root" \( -name target -o -name .git -o -name node_modules \) -prune -o -type f -exec touch -c {} +
    printf '%s\n' "$root" > "$1/.clone"
}
# build_programs NAME...: programs of this workspace in $CARGO_TARGET_DIR/debug, made of the same parts as the tests. Cargo
# unites the features that all packages ask for which it builds together, those of the tests only where one of them is built:
# `cargo build -p NAME` would compile hundreds of dependencies that are there already once more, with a feature less. Hence
# the whole workspace, and the smallest of its tests.
build_programs() {
    local names=() name
    for name in "$@"; do names+=(--bin "$name"); done
    use_target_dir "$CARGO_TARGET_DIR"
    cargo build --locked --workspace "${names[@]}" --test corpus
}
declare -A locked=()
lock() { # folder: an exclusive lock on it until this script ends
    local fd
    [ -z "${locked[$1]:-}" ] || return 0
    locked[$1]=1
    exec {fd}>"$1/.lock"
    command -v flock >/dev/null || return 0
    if ! flock -n "$fd"; then
        say "waiting for another build that uses $1 ..."
        flock "$fd"
    fi
}
