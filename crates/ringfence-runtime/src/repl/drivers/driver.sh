# Runs the cells of a `ringfence repl` session in one interactive bash: an interrupt ends the command and keeps the state.
# Read as its start-up file. Cells come as commands on standard input, quoted by the other side; answers as driver.py describes
# them, written before the next prompt.
set +H +m
set +o history
PS1= PS2= PS4='+ '
exec {__rf_out}>&1 {__rf_err}>&2
__rf_seen=0 __rf_last=0 __rf_n=

# A packet fits PIPE_BUF and is written at once.
__rf_send() { builtin printf '%s.%04x%s' "$__rf_marker" "${#2}" "$2" >&"$1"; }

__rf_hello() {
    __rf_marker=$1
    builtin readonly __rf_marker __rf_out __rf_err
    __rf_send "$__rf_err" '{"sync":0}'
    __rf_send "$__rf_out" "{\"ready\":{\"protocol\":1,\"language\":\"bash\",\"version\":\"${BASH_VERSION%%[!0-9.]*}\"}}"
}

# Before each prompt: the end of a cell, however it came.
__rf_done() {
    trap '' INT # until the next cell begins: half a request would be dropped otherwise
    local status=$1 n=$__rf_n word=ok error=
    [[ $n ]] || return 0
    __rf_n= __rf_last=$status
    if ((status == 130)); then
        __rf_seen=$((__rf_seen + 1)) word=interrupted
        error=',"error":{"name":"Interrupted","value":"","traceback":"interrupted\n"}'
    elif ((status != 0)); then
        word=error
        error=",\"error\":{\"name\":\"ExitStatus\",\"value\":\"$status\",\"traceback\":\"exit status $status\n\"}"
    fi
    __rf_send "$__rf_err" "{\"sync\":$n}"
    __rf_send "$__rf_out" "{\"done\":{\"cell\":$n,\"status\":\"$word\",\"interrupts\":$__rf_seen${error//$'\n'/\\n}}}"
}

# `$?` of the cell before.
__rf_back() { return "$__rf_last"; }

__rf_check() {
    local said word=complete
    if ! said=$("$BASH" -n <<<"$1" 2>&1) || [[ $said ]]; then
        case $said in
            *'unexpected end of file'* | *'unexpected EOF'* | *'delimited by end-of-file'*) word=incomplete ;;
            *) word=invalid ;;
        esac
    fi
    __rf_send "$__rf_out" "{\"checked\":\"$word\"}"
}

# An interrupt that was sent as the cell ended arrives in this, or never.
__rf_settle() {
    sleep 0.05 </dev/null
    __rf_seen=$1
    __rf_send "$__rf_out" "{\"settled\":$1}"
}

PROMPT_COMMAND='__rf_done $?'
readonly PROMPT_COMMAND
readonly -f __rf_send __rf_hello __rf_done __rf_back __rf_check __rf_settle
