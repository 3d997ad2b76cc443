#!/usr/bin/env bash
# Installs the system packages that a target needs, and says what it does before it does it.
#   scripts/install-deps.sh build|demo|test|bench
# As root it just installs; as an ordinary user it asks before it uses sudo. Nothing is installed twice.
set -euo pipefail

what=${1:?usage: install-deps.sh build|demo|test|bench}

# cmake, C++ and libclang are for the engine of local models.
build_deb=(gcc g++ libc6-dev make cmake libclang-dev)
build_rpm=(gcc gcc-c++ glibc-devel libstdc++-static make cmake clang-devel)
demo_deb=("${build_deb[@]}" ca-certificates curl openssl python3)
demo_rpm=("${build_rpm[@]}" ca-certificates curl openssl python3)
test_deb=("${demo_deb[@]}" bubblewrap tmux nginx-light git openssh-server openssh-client nodejs npm python3-venv
          python3-requests python3-httpx python3-pip python3-matplotlib iproute2 procps util-linux passwd libcap2-bin bind9-dnsutils wget
          netcat-openbsd ruby libwww-perl liblwp-protocol-https-perl php-cli php-curl docker.io docker-registry
          dbus gnome-keyring swtpm tpm2-tools libtss2-tcti-swtpm0 python3-cryptography)
test_rpm=("${demo_rpm[@]}" bubblewrap tmux nginx git openssh-server openssh-clients nodejs npm python3-requests
          python3-httpx python3-pip python3-matplotlib iproute procps-ng util-linux shadow-utils libcap bind-utils wget
          nmap-ncat ruby perl-libwww-perl perl-LWP-Protocol-https php-cli
          dbus-daemon gnome-keyring swtpm tpm2-tools python3-cryptography)
# Go and Java are taken when they are there; the tests that need them say `SKIPPED` otherwise. Each is hundreds of megabytes.
bench_deb=("${test_deb[@]}" squid-openssl ripgrep)
bench_rpm=("${test_rpm[@]}" squid ripgrep)

if command -v apt-get >/dev/null; then
    family=deb
    present() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
    install() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
                "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
elif command -v dnf >/dev/null; then
    family=rpm
    present() { rpm -q "$1" >/dev/null 2>&1; }
    install() { "${sudo[@]}" dnf install -y -q "$@"; }
else
    echo "install-deps: neither apt-get nor dnf here; install these yourself and go on: ${what}" >&2
    exit 0
fi

# A program may come from elsewhere than the distribution's package: what is on PATH is not installed again.
provides() {
    case $1 in
        gcc|g++|cmake|make|curl|openssl|python3|tmux|git|npm|hyperfine|wget) command -v "$1" ;;
        nodejs) command -v node ;;
        bubblewrap) command -v bwrap ;;
        runsc) command -v runsc ;;
        docker.io) command -v dockerd ;;
        openssh-client|openssh-clients) command -v ssh ;;
        *) return 1 ;;
    esac >/dev/null
}

# Not every distribution has gVisor; the tests that need it say `SKIPPED` otherwise.
if [ "$family" = deb ] && [[ $what = test || $what = bench ]] && ! provides runsc; then
    if [ "$(id -u)" -eq 0 ] && ! apt-cache show runsc >/dev/null 2>&1; then apt-get update -qq || true; fi
    if apt-cache show runsc >/dev/null 2>&1; then test_deb+=(runsc) bench_deb+=(runsc); fi
fi

declare -n wanted="${what}_${family}"
missing=()
for package in "${wanted[@]}"; do
    provides "$package" || present "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

sudo=()
if [ "$(id -u)" -ne 0 ]; then
    echo "These packages are missing: ${missing[*]}"
    if [ ! -t 0 ]; then
        echo "install-deps: no terminal to ask on; install them as root, then run this again" >&2
        exit 1
    fi
    read -r -p "Install them with sudo? [y/N] " answer
    case $answer in y|Y|yes) sudo=(sudo) ;; *) echo "Not installed; stopping." >&2; exit 1 ;; esac
fi
echo "installing: ${missing[*]}"
install "${missing[@]}"
