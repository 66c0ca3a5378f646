# Shared by the scripts, which source it. Sets up what is missing, into .tools where it is not the system's business,
# and runs steps with one line each.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS=$ROOT/.tools
LOGS=$TOOLS/logs
TRUNK_VERSION=0.21.14
DENY_VERSION=0.20.2
PYTHON_ZENOH=1.10.2
# Earlier clients, which the tests have meet the hub: the first, the last, and with --long one of each in between.
PYTHON_ZENOHS="1.0.4 1.9.0"
PYTHON_ZENOHS_LONG="1.1.1 1.2.1 1.3.4 1.4.0 1.5.1 1.6.2 1.7.2"
PYTHON_CAPNP=2.2.4
# It brings axe-core 4.12.
PYTHON_AXE=0.1.8
PYTHON_WEBSOCKIFY=0.13.0
# They write the files that the page is given.
PYTHON_NUMPY=2.4.6
PYTHON_PILLOW=13.0.0
GECKODRIVER_VERSION=0.37.1
# What the tests of the JavaScript module use: a WebSocket for version 20 of Node, the checker of types, bundlers, version 22 of Node as a
# package; and what writes its documentation.
NPM_PACKAGES=(ws@8.23.0 typescript@5.9.3 esbuild@0.28.2 vite@8.4.0 webpack@5.113.0 webpack-cli@7.3.1 node@22.23.3 typedoc@0.28.20)
# The client that scripts/bench peers compares the module with.
NPM_ZENOH_TS=1.10.1
WASM=wasm32-unknown-unknown

# The first of these that a script meets decides for all its steps.
export TRUNK_SKIP_VERSION_CHECK=true
# trunk 0.21 takes nothing but "true" and "false" here, although any value is meant to count.
if [ -n "${NO_COLOR:-}" ]; then export NO_COLOR=true; else unset NO_COLOR; fi

# How rustup, cargo, apt and pip put it when they cannot reach what they need.
NETWORK_TROUBLE="resolve host|name resolution|spurious network error|failed to (download|fetch)|could not (download|connect)|\
network is unreachable|unable to (fetch|update registry)|failed to establish a new connection|connection timed out"

say() { printf '%s\n' "$*"; }

# Stops the script. The first line says what is wrong, the others what to do.
stop() {
    printf '\nerror: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
    on_failure
    exit 1
}

# What a script wants to say last when it fails.
on_failure() { :; }

# step WHAT COMMAND...: runs a command from the repo's folder and prints one line with its duration. The command's own
# output goes to a log, shown if it fails, and to the terminal as well when LIVE is set.
step() {
    local what=$1 began=$SECONDS status log
    shift
    mkdir -p "$LOGS"
    log=$LOGS/$(printf '%s' "$what" | tr -cs 'a-zA-Z0-9.\n' '-').log
    # shellcheck disable=SC2034  # for the script that sources this
    LOG=$log
    set +e
    if [ -n "${LIVE:-}" ]; then
        say "$what ..."
        (cd "$ROOT" && "$@") 2>&1 9>&- | tee "$log"
        status=${PIPESTATUS[0]}
    else
        printf '%-62s' "$what"
        (cd "$ROOT" && "$@") >"$log" 2>&1 9>&-
        status=$?
    fi
    set -e
    [ -z "${LIVE:-}" ] || printf '%-62s' "$what"
    if [ "$status" -eq 0 ]; then
        printf ' ok %5d s\n' $((SECONDS - began))
        return
    fi
    printf ' FAILED %d s\n' $((SECONDS - began))
    [ -n "${LIVE:-}" ] || tail -n 400 "$log" >&2
    if grep -qiE "$NETWORK_TROUBLE" "$log"; then
        stop "this step failed: $what" "It needs the network, and what it said looks as if that was the cause."
    fi
    stop "this step failed: $what"
}

# begin NAME COMMAND...: starts a command from the repo's folder, and goes on meanwhile. `step WHAT ended NAME` waits for it.
begin() {
    local name=$LOGS/begun-$1
    shift
    mkdir -p "$LOGS"
    rm -f "$name.code"
    (
        cd "$ROOT"
        trap 'kill "$child" 2>/dev/null' TERM
        code=0
        "$@" &
        child=$!
        wait "$child" || code=$?
        # Told to end, it may take a moment.
        wait "$child" || true
        echo "$code" >"$name.code"
    ) >"$name.log" 2>&1 9>&- </dev/null &
    echo $! >"$name.pid"
    BEGUN="${BEGUN:-} $!"
    # It would go on after a script that ends early.
    # shellcheck disable=SC2064  # those of now
    trap "kill $BEGUN 2>/dev/null || true" EXIT
}

# has_ended NAME: whether it has.
has_ended() { [ -s "$LOGS/begun-$1.code" ]; }

# end NAME: ends it, and waits until it has.
end() {
    kill "$(cat "$LOGS/begun-$1.pid")" 2>/dev/null || true
    until has_ended "$1"; do sleep 0.1; done
}

# ended NAME: waits until it has, shows what it says, and ends as it did.
ended() {
    local shows
    tail -n +1 -f "$LOGS/begun-$1.log" &
    shows=$!
    until has_ended "$1"; do sleep 0.2; done
    sleep 0.2
    kill "$shows" && wait "$shows" 2>/dev/null || true
    return "$(cat "$LOGS/begun-$1.code")"
}

have() { command -v "$1" >/dev/null 2>&1; }

# apt_install WHY PACKAGE...: Debian's packages when this may install them; otherwise names them and stops.
apt_install() {
    local why=$1 sudo=''
    shift
    have apt-get || stop "$why" "Install it with your system's package manager (on Debian: $*) and start again."
    if [ "$(id -u)" -ne 0 ]; then
        if have sudo && sudo -n true 2>/dev/null; then
            sudo="sudo -n"
        else
            stop "$why" "Install it and start again:  sudo apt-get install $*"
        fi
    fi
    # shellcheck disable=SC2086  # two words, or none
    if [ -z "${APT_UPDATED:-}" ]; then
        step "apt: package lists" $sudo apt-get update
        APT_UPDATED=1
    fi
    # shellcheck disable=SC2086
    step "apt: installing $*" $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "$@"
}

# Two scripts may start at once, but only one sets things up at a time.
lock() {
    have flock || return 0
    mkdir -p "$TOOLS"
    exec 9>"$TOOLS/lock"
    flock -n 9 || { say "waiting for another script to finish its setup" && flock 9; }
}

unlock() {
    rm -rf -- "$TOOLS/build"
    exec 9>&-
}

# The values of a key of rust-toolchain.toml, one per line.
toolchain_file() {
    sed -n "s/^$1 *= *//p" "$ROOT/rust-toolchain.toml" | tr -d '[]" ' | tr ',' '\n'
}

# The pinned toolchain with everything that rust-toolchain.toml lists.
setup_rust() {
    local channel name targets components
    have cc || apt_install "no C compiler: cargo links through one" build-essential
    if ! have cargo && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
    fi
    channel=$(toolchain_file channel)
    if ! have rustup; then
        # A toolchain that came another way will do if it is the pinned one.
        if have rustc && [[ $(rustc --version) == "rustc $channel "* ]] &&
            [ -d "$(rustc --print sysroot)/lib/rustlib/$WASM" ]; then
            return
        fi
        if have apt-cache && apt-cache show rustup >/dev/null 2>&1; then
            apt_install "no rustup: it installs Rust $channel, which this project is pinned to" rustup
        else
            stop "no rustup: it installs Rust $channel, which this project is pinned to" \
                "Install it as https://rustup.rs says, and start again."
        fi
    fi
    export RUSTUP_TOOLCHAIN=$channel
    # Lists go through variables: with pipefail a grep that stops reading early would count as a failure.
    if ! grep -qE "^$channel(-| |\$)" <<<"$(rustup toolchain list)"; then
        step "rustup: installing Rust $channel" rustup toolchain install "$channel" --profile minimal --no-self-update
    fi
    targets=$(rustup target list --installed)
    components=$(rustup component list --installed)
    for name in $(toolchain_file targets); do
        grep -qx "$name" <<<"$targets" || step "rustup: adding the target $name" rustup target add "$name"
    done
    for name in $(toolchain_file components); do
        grep -q "^$name" <<<"$components" || step "rustup: adding the component $name" rustup component add "$name"
    done
}

# setup_nightly WHY [COMPONENT...]: a nightly toolchain, which only some checks need, beside the
# pinned one.
setup_nightly() {
    local why=$1 component
    shift
    have rustup || stop "no rustup: $why, and rustup installs one" "Install it as https://rustup.rs says, and start again."
    if ! grep -q '^nightly' <<<"$(rustup toolchain list)"; then
        say "no nightly toolchain: $why. If it cannot be installed:  rustup toolchain install nightly --profile minimal"
        # Named here, the components decide which: not each night's toolchain has all of them.
        step "rustup: installing a nightly toolchain" rustup toolchain install nightly --profile minimal --no-self-update \
            ${1:+--component "$(IFS=,; echo "$*")"}
    fi
    for component in "$@"; do
        grep -q "^$component.*(installed)" <<<"$(rustup +nightly component list)" ||
            step "rustup: adding $component to the nightly toolchain" rustup component add "$component" --toolchain nightly
    done
}

# The version of a locked dependency.
locked_version() {
    awk -v name="$1" '$0 == "name = \"" name "\"" { getline; gsub(/version = |"/, ""); print; exit }' "$ROOT/Cargo.lock"
}

# version_of PROGRAM: the second word of what it says about itself, or nothing.
version_of() {
    have "$1" && "$1" --version 2>/dev/null | awk 'NR == 1 { print $2 }'
}

# install_tool CRATE VERSION FLAGS...: into .tools, ready-made if cargo-binstall is there, else built. All of them are in
# use for seconds, so they are built in the least time.
install_tool() {
    local crate=$1 version=$2
    shift 2
    say "$crate $version is missing: it goes into $TOOLS/bin"
    if have cargo-binstall &&
        cargo binstall --no-confirm --root "$TOOLS" "$crate@$version" >"$LOGS/binstall.log" 2>&1; then
        say "$crate $version installed by cargo-binstall"
        return
    fi
    # In one folder until all are there: what several have in common is built once.
    step "building $crate $version (a minute or two)" env CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 \
        cargo install "$crate" --version "$version" --root "$TOOLS" --target-dir "$TOOLS/build" --debug --force "$@"
}

# setup_bindgen [PROGRAM...]: wasm-bindgen of exactly the locked version, because its two halves must be one release; also
# other programs of the same crate.
setup_bindgen() {
    local program version
    version=$(locked_version wasm-bindgen)
    mkdir -p "$LOGS"
    PATH=$PATH:$TOOLS/bin
    for program in wasm-bindgen "$@"; do
        [ "$(version_of "$program")" = "$version" ] && continue
        # What the user has stays as it is, but from here on ours comes first.
        PATH=$TOOLS/bin:$PATH
        hash -r
        # It reads the whole program, so a little optimisation pays. It loads nothing, so it needs no TLS.
        [ "$(version_of "$program")" = "$version" ] ||
            CARGO_PROFILE_DEV_OPT_LEVEL=1 install_tool wasm-bindgen-cli "$version" --no-default-features
    done
    hash -r
    export PATH
}

# setup_page_tools [PROGRAM...]: trunk, and wasm-bindgen with these other programs of its crate.
setup_page_tools() {
    mkdir -p "$LOGS"
    PATH=$PATH:$TOOLS/bin
    trunk_fits || PATH=$TOOLS/bin:$PATH
    hash -r
    # All that its features add is TLS, to load tools and to ask for news. The scripts bring what it needs.
    trunk_fits || install_tool trunk "$TRUNK_VERSION" --locked --no-default-features
    setup_bindgen "$@"
}

trunk_fits() { [[ $(version_of trunk) == 0.21.* ]]; }

# Chromium and its driver, of one version.
setup_browser() {
    local name browser driver
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        CHROME=${CHROME:-$(command -v "$name" || true)}
    done
    CHROMEDRIVER=${CHROMEDRIVER:-$(command -v chromedriver || true)}
    if [ -z "$CHROME" ] || [ -z "$CHROMEDRIVER" ]; then
        apt_install "no Chromium with its driver: the tests of the page run in one" chromium chromium-driver
        CHROME=${CHROME:-$(command -v chromium || true)}
        CHROMEDRIVER=${CHROMEDRIVER:-$(command -v chromedriver || true)}
    fi
    browser=$("$CHROME" --version 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1) ||
        stop "$CHROME does not start" "Set CHROME to a Chromium or Chrome that does."
    driver=$("$CHROMEDRIVER" --version 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1) ||
        stop "$CHROMEDRIVER does not start" "Set CHROMEDRIVER to the driver of $CHROME."
    if [ "${browser%%.*}" != "${driver%%.*}" ]; then
        stop "$CHROME is version $browser, but $CHROMEDRIVER is for $driver" \
            "Install the two in one version, or set CHROME and CHROMEDRIVER to two that fit."
    fi
    export CHROME CHROMEDRIVER
}

# can_install PACKAGE...: whether apt_install would get these packages.
can_install() {
    have apt-get && { [ "$(id -u)" -eq 0 ] || { have sudo && sudo -n true 2>/dev/null; }; } || return 1
    apt-cache show "$@" >/dev/null 2>&1
}

# Chromium without its windows, for tests: it starts in a fifth of the processor time. Where it cannot be had in the driver's version, the
# tests run in the whole browser. CHROME_SHELL names another one.
setup_shell() {
    local version
    # The one that is written below would start itself.
    if [ "${CHROME_SHELL:-}" = "$TOOLS/bin/chromium-shell" ]; then CHROME_SHELL=''; fi
    CHROME_SHELL=${CHROME_SHELL:-$(command -v chromium-headless-shell || true)}
    if [ -z "$CHROME_SHELL" ] && can_install chromium-headless-shell; then
        apt_install "no Chromium without windows: most tests of the page run in one" chromium-headless-shell
        CHROME_SHELL=$(command -v chromium-headless-shell || true)
    fi
    version=$({ [ -z "$CHROME_SHELL" ] || "$CHROME_SHELL" --version 2>/dev/null; } | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1 || true)
    if [ -z "$version" ] || [ "$version" != "$("$CHROME" --version 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1)" ]; then
        unset CHROME_SHELL
        return
    fi
    # Without an address it ends, and the driver gives it none.
    printf '#!/bin/sh\nexec "%s" "$@" about:blank\n' "$CHROME_SHELL" >"$TOOLS/bin/chromium-shell"
    chmod +x "$TOOLS/bin/chromium-shell"
    export CHROME_SHELL=$TOOLS/bin/chromium-shell
}

# without ENGINE WHY: says that an engine of JavaScript cannot be had. Its part of the tests is left out.
without() {
    say "$1 cannot be had here: $2. The tests go without it."
    ENGINES_MISSING="${ENGINES_MISSING:-} $1"
}

# Firefox and WebKitGTK with their drivers, and a screen for the latter. FIREFOX, GECKODRIVER, WEBKITDRIVER and MINIBROWSER name others.
setup_engines() {
    local name
    for name in firefox-esr firefox; do
        FIREFOX=${FIREFOX:-$(command -v "$name" || true)}
    done
    if [ -z "$FIREFOX" ] && can_install firefox-esr; then
        apt_install "no Firefox: some tests of the page run in one" firefox-esr
        FIREFOX=$(command -v firefox-esr || true)
    fi
    if [ -z "$FIREFOX" ]; then
        without Firefox "firefox-esr and firefox are missing, and this script may install no package of them"
    else
        PATH=$PATH:$TOOLS/bin
        have "${GECKODRIVER:-geckodriver}" || install_tool geckodriver "$GECKODRIVER_VERSION" --locked
        GECKODRIVER=${GECKODRIVER:-$(command -v geckodriver)}
        say "Firefox: $("$FIREFOX" --version 2>/dev/null | sed -n 1p), $("$GECKODRIVER" --version | sed -n 1p)"
    fi

    find_webkit
    if { [ -z "$WEBKITDRIVER" ] || [ -z "$MINIBROWSER" ] || ! have Xvfb; } && can_install webkit2gtk-driver xvfb; then
        apt_install "no WebKitGTK: some tests of the page run in it" webkit2gtk-driver xvfb
        find_webkit
    fi
    if [ -z "$WEBKITDRIVER" ] || [ -z "$MINIBROWSER" ] || ! have Xvfb; then
        without WebKit "WebKitWebDriver, MiniBrowser or Xvfb is missing, and this script may install no package of them"
    else
        # It says its version on a screen only.
        say "WebKit: $MINIBROWSER, $WEBKITDRIVER"
    fi
    export FIREFOX GECKODRIVER WEBKITDRIVER MINIBROWSER ENGINES_MISSING=${ENGINES_MISSING:-}
}

find_webkit() {
    local file
    WEBKITDRIVER=${WEBKITDRIVER:-$(command -v WebKitWebDriver || true)}
    MINIBROWSER=${MINIBROWSER:-}
    for file in /usr/lib/*/webkit2gtk-4.*/MiniBrowser /usr/libexec/webkit2gtk-4.*/MiniBrowser; do
        [ -n "$MINIBROWSER" ] || [ ! -x "$file" ] || MINIBROWSER=$file
    done
}

# Node of version 20 or newer, with packages in .tools/npm. The tests of the JavaScript module go without it, and say so.
setup_node() {
    local found='' major
    LAB_NPM=$TOOLS/npm
    if ! { have node && have npm; } && can_install nodejs npm; then
        apt_install "no Node: some tests of the JavaScript module run in it" nodejs npm
    fi
    major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/' || true)
    if ! have npm || [ "${major:-0}" -lt 20 ]; then
        without Node "it or npm is missing or older than version 20, and this script may install no package of them"
        export LAB_NODE=none
        return
    fi
    found=$(cat "$LAB_NPM/installed" 2>/dev/null || true)
    export LAB_NPM
    [ "$found" != "${NPM_PACKAGES[*]}" ] || return 0
    mkdir -p "$LAB_NPM"
    say "npm: ${NPM_PACKAGES[*]}"
    if npm install --silent --no-audit --no-fund --prefix "$LAB_NPM" "${NPM_PACKAGES[@]}" >"$LOGS/npm.log" 2>&1; then
        printf '%s' "${NPM_PACKAGES[*]}" >"$LAB_NPM/installed"
    else
        without npm "its packages cannot be installed, see .tools/logs/npm.log"
    fi
}

# zenoh-ts, and a router with the plugin that it speaks with. Both are for scripts/bench peers alone, and in .tools.
setup_zenoh_ts() {
    local folder=$TOOLS/zenoh-ts
    ZENOH_TS_ROUTER=$folder/router/target/release/zenoh-ts-router
    [ -e "$LAB_NPM/installed" ] || stop "no Node, or no packages of npm: zenoh-ts is packed by webpack, which runs in it" "Install Node 20 or newer with npm, and start again."
    if [ "$(cat "$folder/installed" 2>/dev/null)" != "$NPM_ZENOH_TS" ]; then
        step "npm: @eclipse-zenoh/zenoh-ts $NPM_ZENOH_TS" npm install --silent --no-audit --no-fund --prefix "$folder" \
            "@eclipse-zenoh/zenoh-ts@$NPM_ZENOH_TS"
        printf '%s' "$NPM_ZENOH_TS" >"$folder/installed"
    fi
    # Copied, so that what cargo writes beside its manifest is in .tools too.
    mkdir -p "$folder/router"
    cp -u "$ROOT"/benches/peers/router/{Cargo.toml,main.rs} "$folder/router/"
    step "zenoh-ts: router with its plugin (the first time about 8 minutes)" nice -n 19 cargo build --release \
        --manifest-path "$folder/router/Cargo.toml" --target-dir "$folder/router/target"
    export ZENOH_TS_ROUTER
}

# cargo-deny, which checks what may be a dependency (deny.toml).
setup_deny() {
    mkdir -p "$LOGS"
    [[ $(version_of cargo-deny) == "$DENY_VERSION" ]] || install_tool cargo-deny "$DENY_VERSION" --locked
}

# Cap'n Proto's own tool, which reads messages and compiles schemas.
setup_capnp() {
    have capnp || apt_install "no capnp: the tests read messages with it, and compile the schema again" capnproto
    capnp --version >/dev/null 2>&1 || stop "capnp does not start" "Install Cap'n Proto's tool of 0.7 or newer."
}

# The official Python client, pycapnp, numpy, Pillow and axe-core, in an environment of their own.
setup_python() {
    local venv=$TOOLS/venv wanted found
    wanted="$PYTHON_ZENOH $PYTHON_CAPNP $PYTHON_AXE $PYTHON_NUMPY $PYTHON_PILLOW $PYTHON_WEBSOCKIFY"
    LAB_PYTHON=$venv/bin/python
    export LAB_PYTHON
    found=$("$LAB_PYTHON" -c 'from importlib.metadata import version as v
print(v("eclipse-zenoh"), v("pycapnp"), v("axe-playwright-python"), v("numpy"), v("pillow"), v("websockify"))' 2>/dev/null || true)
    [ "$found" != "$wanted" ] || return 0
    if ! have python3 || ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
        apt_install "no Python 3 with venv: the tests send through zenoh's Python client" python3 python3-venv
    fi
    step "python: environment in .tools/venv" python3 -m venv --clear "$venv"
    step "python: eclipse-zenoh $PYTHON_ZENOH, pycapnp $PYTHON_CAPNP, numpy $PYTHON_NUMPY, Pillow $PYTHON_PILLOW" \
        "$LAB_PYTHON" -m pip install --quiet "eclipse-zenoh==$PYTHON_ZENOH" "pycapnp==$PYTHON_CAPNP" \
        "numpy==$PYTHON_NUMPY" "pillow==$PYTHON_PILLOW"
    # Without what it would drive: only its copy of axe-core is used.
    step "python: axe-core, in axe-playwright-python $PYTHON_AXE" "$LAB_PYTHON" -m pip install --quiet --no-deps \
        "axe-playwright-python==$PYTHON_AXE"
    # Without what makes it fast: only that it passes bytes on matters.
    step "python: websockify $PYTHON_WEBSOCKIFY" "$LAB_PYTHON" -m pip install --quiet --no-deps \
        "websockify==$PYTHON_WEBSOCKIFY"
}

# setup_zenohs VERSION...: zenoh's Python client of other versions, each in a folder of its own.
setup_zenohs() {
    local version
    LAB_ZENOHS=$TOOLS/zenohs
    export LAB_ZENOHS
    for version in "$@"; do
        [ ! -e "$LAB_ZENOHS/$version/zenoh/__init__.py" ] || continue
        rm -rf -- "$LAB_ZENOHS/$version"
        # One with sources alone would have to be compiled.
        step "python: eclipse-zenoh $version" "$LAB_PYTHON" -m pip install --quiet --no-deps --only-binary :all: \
            --target "$LAB_ZENOHS/$version" "eclipse-zenoh==$version"
    done
}
