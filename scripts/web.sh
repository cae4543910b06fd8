# Sourced by scripts/app and scripts/task (bash), after common.sh: what the client (app/client) and the dashboard (app/web)
# need, and what is checked of them.

in_client() { npm --prefix app --workspace client run --silent "$@"; }
in_page() { npm --prefix app --workspace web run --silent "$@"; }

need_node() {
    local major
    command -v node >/dev/null && command -v npm >/dev/null || install_packages nodejs npm
    major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
    [ "$major" -ge 20 ] || die "node $(node --version) is too old: install node 20 or newer (https://nodejs.org), and run this again."
    say "node $(node --version), npm $(npm --version)"
}
# The browser of the tests: that of CHROMIUM, else the machine's own, else Debian's.
need_chromium() {
    local name
    if [ -n "${CHROMIUM:-}" ]; then
        command -v "$CHROMIUM" >/dev/null || die "CHROMIUM names $CHROMIUM, which is not there."
        return
    fi
    for name in chromium chromium-browser google-chrome-stable google-chrome; do
        CHROMIUM=$(command -v "$name") && break
    done
    if [ -z "$CHROMIUM" ]; then
        command -v apt-get >/dev/null || die "no Chromium on this machine: install it, or name one by CHROMIUM=/path/to/it, and run this again."
        install_packages chromium
        CHROMIUM=/usr/bin/chromium
    fi
    export CHROMIUM
}
# What package-lock.json names; nothing where that is there already. By content and not by time: a build dates all files of
# a clone anew (use_target_dir).
packages() {
    local stamp=app/node_modules/.counterweight want
    want=$(cat app/package-lock.json app/package.json app/*/package.json | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" != "$want" ] || return 0
    if ! npm --prefix app ci --prefer-offline --no-fund --no-audit --loglevel error; then
        say "The packages that app/package-lock.json names were not all fetched: see npm's messages above."
        say "  'npm ping' tells whether the registry is reached ($(npm config get registry))."
        say "  Through a proxy: npm config set https-proxy http://HOST:PORT. From a mirror: npm config set registry URL."
        say "  Without a network: copy ~/.npm from a machine on which this step has run."
        return 1
    fi
    printf '%s\n' "$want" > "$stamp"
}

generate() { in_client generate; }
client_types() { in_client types; }
build_client() { in_client build; }
client_tests() { in_client test; }
check_page() { in_page check || { say "run 'npm --prefix app -w web run format' where the format differs"; return 1; }; }
page_tests() { in_page test; }
build_page() { in_page build; }
limits() { in_page budget; }
# In a shell of its own, which gives the target folder free again when it ends: others may build while the network runs.
build_network() { ( build_programs counterweight-localnet counterweight-keeper ); }
whole_job() { in_page e2e -- "$@"; }
