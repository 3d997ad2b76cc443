#!/usr/bin/env bash
# Shows the main job on real traffic, on this machine alone: a scripted agent inside the fence, a TLS origin and a DNS
# server outside it on loopback. Changes nothing outside a temporary directory.
set -euo pipefail
ringfence=$(realpath "${1:?usage: demo.sh PATH/TO/ringfence}")
here=$(dirname "$(realpath "$0")")
demo=$(mktemp -d "${TMPDIR:-/tmp}/ringfence-demo.XXXXXX")
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$demo"
}
trap cleanup EXIT

bold() { if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then printf '\n\033[1m%s\033[0m\n' "$1"; else printf '\n%s\n' "$1"; fi; }

# --- the world outside -------------------------------------------------------------------------------------------
home=$demo/home workspace=$demo/home/project
mkdir -p "$workspace" "$home/.ssh" "$home/.config/ringfence"
chmod 700 "$home/.ssh"
echo "PRIVATE KEY OF THE DEMO" > "$home/.ssh/id_ed25519"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=demo CA" \
    -keyout "$demo/ca.key" -out "$demo/ca.pem" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=demo" -keyout "$demo/key.pem" -out "$demo/leaf.csr" 2>/dev/null
printf 'subjectAltName=DNS:api.demo.example,DNS:paste.demo.example,DNS:evil.demo.example\n' > "$demo/san"
openssl x509 -req -in "$demo/leaf.csr" -CA "$demo/ca.pem" -CAkey "$demo/ca.key" -CAcreateserial -days 2 \
    -extfile "$demo/san" -out "$demo/leaf.pem" 2>/dev/null
mkfifo "$demo/hold"
python3 "$here/demo_origin.py" "$demo/leaf.pem" "$demo/key.pem" "$demo/origin.log" < "$demo/hold" > "$demo/ports" &
pids+=($!)
exec 9> "$demo/hold"
until [ -s "$demo/ports" ]; do sleep 0.05; done
read -r tls_port dns_port < "$demo/ports"

cat > "$home/.config/ringfence/config.toml" <<EOF
[general]
prompt_timeout = 20

[network]
resolver = ["127.0.0.1:$dns_port"]
blocklist = ["evil.demo.example"]
rules = [
    { host = "api.demo.example", ports = [$tls_port], action = "allow", private = true },
    { host = "paste.demo.example", ports = [$tls_port], action = "ask", private = true },
]

[credentials.demo]
hosts = ["api.demo.example:$tls_port"]
env = "DEMO_TOKEN"
source = { env = "DEMO_TOKEN" }
EOF

# --- the agent inside ----------------------------------------------------------------------------------------------
cat > "$workspace/agent.sh" <<EOF
say() { printf '  %-58s %s\n' "\$1" "\$2"; }
get() { curl -sS -o /tmp/body -w '%{http_code}' "\$@" 2>/tmp/error || true; }
say "DEMO_TOKEN as the agent sees it:" "\$(echo \$DEMO_TOKEN | cut -c1-24)…"
say "GET api.demo.example with that token:" "\$(get -H "Authorization: Bearer \$DEMO_TOKEN" https://api.demo.example:$tls_port/v1/me)"
say "GET evil.demo.example (blocklist):" "\$(get https://evil.demo.example:$tls_port/)"
printf '    %s\n' "\$(head -1 /tmp/body)"
sleep 1 # time for the person in the other terminal
say "GET paste.demo.example (asks; answered for you):" "\$(get https://paste.demo.example:$tls_port/new)"
say "cat ~/.ssh/id_ed25519:" "\$(cat ~/.ssh/id_ed25519 2>&1 | tail -1)"
say "echo x > /usr/bin/x:" "\$( (echo x > /usr/bin/x) 2>&1 | sed 's/.*: //')"
(echo x > ../outside) 2>/dev/null
echo "made by the agent" > result.txt
say "echo … > result.txt (in the workspace):" "\$(cat result.txt)"
EOF

# --- the run -------------------------------------------------------------------------------------------------------
export HOME=$home DEMO_TOKEN="real-secret-$RANDOM$RANDOM$RANDOM$RANDOM"
unset XDG_STATE_HOME XDG_RUNTIME_DIR XDG_CONFIG_HOME
cat /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt "$demo/ca.pem" > "$demo/bundle.pem" 2>/dev/null || true
export SSL_CERT_FILE=$demo/bundle.pem

# Somebody has to say yes to the graylisted host: a second process, through the approvals socket, as another terminal would.
mkfifo "$demo/answers"
"$ringfence" approvals --json < "$demo/answers" > "$demo/questions" 2>/dev/null &
pids+=($!)
exec 8> "$demo/answers"
(
    until [ -e "$demo/done" ]; do
        question=$(grep -m1 -o '"session":"[^"]*".*"questions":\[{"id":[0-9]*' "$demo/questions" || true)
        if [ -n "$question" ]; then
            session=$(sed 's/"session":"\([^"]*\)".*/\1/' <<< "$question")
            echo "{\"session\":\"$session\",\"id\":${question##*:},\"grant\":\"allow\",\"scope\":\"once\"}" >&8
            break
        fi
        sleep 0.1
    done
) &
pids+=($!)

bold "ringfence run -- sh agent.sh"
cd "$workspace"
"$ringfence" run --report "$demo/report.json" -- sh agent.sh
touch "$demo/done"

bold "What reached the origin (outside the fence)"
if grep -q "$DEMO_TOKEN" "$demo/origin.log"; then
    echo "  the placeholder had become the real token on its way to api.demo.example"
else
    echo "  FAILED: the origin never saw the real token" >&2
    exit 1
fi
sed "s/$DEMO_TOKEN/<the real token>/; s/^/  /" "$demo/origin.log"

bold "What was allowed and refused (ringfence audit tail)"
"$ringfence" audit tail -n 50 | grep -E 'allow |DENY ' || true

bold "The audit log, verified (ringfence audit verify)"
"$ringfence" audit verify
if grep -rq "$DEMO_TOKEN" "$home/.local/state/ringfence"; then
    echo "FAILED: the secret stands in the state directory" >&2
    exit 1
fi

bold "What is left on this machine"
test -f "$workspace/result.txt" && echo "  result.txt, in the workspace"
if [ -e "$home/outside" ]; then
    echo "  FAILED: ../outside, which the agent wrote beside its workspace" >&2
    exit 1
fi
echo "  no ../outside: the agent wrote it into a private home directory that is gone"
