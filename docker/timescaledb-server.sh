#!/usr/bin/env bash
# The server in the folder: its cluster, its processes, its roles; a part of timescaledb.sh, which reads it.
# shellcheck shell=bash disable=SC2154  # names of the folder are set there

# ---------------------------------------------------------------- the server

# Keeps the caller's environment (libpq's variables, a language the root lacks) from the programs of the root.
# Not with env -i: its arguments, and so the password, would be public.
clean_environment() {
  local name
  while read -r name; do
    [[ $name == TERM || $name == PGPASSWORD ]] || export -n "${name?}"
  done < <(compgen -e)
  export PATH=$BIN:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
}

# Runs a program of the root as the root's own user postgres.
inside() (
  clean_environment
  exec chroot "$ROOT" "${AS_POSTGRES[@]}" "$@"
)

# Says whether process $1 runs this root's postgres: a number in a file may be anybody's by now.
is_ours() { [[ $1 =~ ^[0-9]+$ && /proc/$1/exe -ef $ROOT$BIN/postgres ]]; }

# Prints the ids of the folder's own server processes.
server_pids() {
  local pid
  for pid in /proc/[0-9]*; do
    ! is_ours "${pid#/proc/}" || printf '%s\n' "${pid#/proc/}"
  done
}

# Prints the server's id if it runs.
server_pid() {
  local pid
  { read -r pid <"$DATA/postmaster.pid"; } 2>/dev/null && is_ours "$pid" && printf '%s' "$pid"
}

init_cluster() {
  [[ ! -e $DATA ]] || return 0
  need_space "$CLUSTER_MB"
  say "initialising the cluster"
  # Renamed into place when it is whole, so that a killed initdb leaves nothing that looks like a cluster.
  local part=$ROOT/data.part pwfile=$ROOT/pwfile
  rm -rf --one-file-system -- "$part"
  mkdir -m 700 -- "$part"
  secret "$FOLDER/secret-admin" >"$pwfile"
  chown "$OWNER:$OWNER" -- "$part" "$pwfile"
  local status=0
  inside initdb --pgdata=/data.part --username=postgres --auth=scram-sha-256 --pwfile=/pwfile --encoding=UTF8 \
    --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C >>"$FOLDER/postgres.log" 2>&1 || status=$?
  rm -f -- "$pwfile"
  ((status == 0)) || die "initdb failed" "see $FOLDER/postgres.log"
  mv -- "$part" "$DATA"
  ln -sfn root/data "$FOLDER/data"
}

# A killed server's backends may outlive it, and a new server may not start beside them: end them as a crash would.
end_orphans() {
  local pids signal=QUIT until=$((SECONDS + ORPHANS_S))
  while mapfile -t pids < <(server_pids) && ((${#pids[@]})); do
    ((SECONDS < until)) || signal=KILL
    ((SECONDS < until + ORPHANS_S)) || die "processes of a killed server do not end (${pids[*]})" "restart the machine"
    kill "-$signal" "${pids[@]}" 2>/dev/null || true
    sleep 0.2
  done
  rm -f -- "$DATA/postmaster.pid"
}

port_is_free() { ! (exec 3<>"/dev/tcp/$HOST/$1") 2>/dev/null; }

# Below the ports that the kernel hands to outgoing connections; random, so that two starts at once differ.
any_free_port() {
  local port
  while port=$((SRANDOM % 12000 + 20000)); do
    ! port_is_free "$port" || break
  done
  printf '%s' "$port"
}

# Starts the server as nobody's child: in a session of its own, with none of the caller's open files.
launch() {
  local options=() setting
  for setting in "${SETTINGS[@]}"; do options+=(-c "$setting"); done
  (
    for fd in "/proc/$BASHPID/fd/"*; do
      fd=${fd##*/}
      ((fd <= 2 || fd == 255)) || eval "exec $fd>&-"
    done
    clean_environment
    exec setsid chroot "$ROOT" "${AS_POSTGRES[@]}" "$BIN/postgres" -D /data -p "$1" "${options[@]}"
  ) </dev/null >>"$FOLDER/postgres.log" 2>&1 &
}

# Becomes the server, as its caller's child: whoever supervises it sends it signals and sees it end.
run() {
  need_root
  use_folder "$1"
  need_layout
  [[ -e $DATA ]] || die "there is no cluster yet" "first call: $0 start $FOLDER, then stop"
  end_orphans
  local options=() setting
  for setting in "${SETTINGS[@]}"; do options+=(-c "$setting"); done
  [[ ${2:-} =~ ^[1-9][0-9]{0,4}$ ]] || die "run wants a port" "name one from 1 to 65535"
  printf '%s\n' "$2" >"$FOLDER/port"
  clean_environment
  exec chroot "$ROOT" "${AS_POSTGRES[@]}" "$BIN/postgres" -D /data -p "$2" "${options[@]}" "${@:3}"
}

# Waits until the server says in its own file that it is ready; fails if it has gone.
wait_ready() {
  local began=$SECONDS
  until [[ $(sed -n 8p "$DATA/postmaster.pid" 2>/dev/null) == ready* ]]; do
    # It takes a moment to become postgres and to write the file.
    ((SECONDS < began + 3)) || server_pid >/dev/null || return 1
    ((SECONDS < began + READY_S)) || die "the server is not ready after $READY_S s" "see $FOLDER/postgres.log; it goes on starting"
    sleep 0.1
  done
  server_pid >/dev/null
}

# Starts on port $1, or on a remembered or a free one. A free port may be taken before the server has it: then another.
run_server() {
  local port=${1:-} log=$FOLDER/postgres.log size attempt
  [[ -n $port || ! -s $FOLDER/port ]] || port=$(<"$FOLDER/port")
  if [[ -z ${1:-} && -n $port ]] && ! port_is_free "$port"; then
    say "port $port is taken by somebody else; another is used"
    port=
  fi
  for attempt in 1 2 3 4 5; do
    local tried=${port:-$(any_free_port)}
    size=$(stat -c %s -- "$log" 2>/dev/null || echo 0)
    launch "$tried"
    if wait_ready; then
      printf '%s\n' "$tried" >"$FOLDER/port"
      return
    fi
    tail -c "+$((size + 1))" -- "$log" | grep -q 'could not bind' || break
    [[ -z ${1:-} ]] || die "port $tried is taken" "name another, or none"
    port=
    say "port $tried was taken (attempt $attempt)"
  done
  tail -c "+$((size + 1))" -- "$log" | grep -E 'FATAL|ERROR|PANIC|HINT' | tail -n 3 >&2 || true
  die "the server did not start" "see $log"
}

# Runs psql inside the root as role $1 on database $2. The password goes through the environment: arguments are public.
psql_as() {
  local file=$FOLDER/secret
  [[ $1 != postgres ]] || file=$FOLDER/secret-admin
  PGPASSWORD=$(secret "$file") inside psql -X -h "$HOST" -p "$(<"$FOLDER/port")" -U "$1" -d "$2" "${@:3}"
}

# Makes what is not there yet: the extension in template1 (and so in every new database), the role, its database.
bootstrap() {
  local quiet=(-q -v ON_ERROR_STOP=1)
  local make="SET client_min_messages = error; CREATE EXTENSION IF NOT EXISTS timescaledb;"
  psql_as postgres template1 "${quiet[@]}" <<<"$make" >&2
  psql_as postgres postgres "${quiet[@]}" >&2 <<SQL
\\set password '$(secret "$FOLDER/secret")'
SELECT format('CREATE ROLE monitor LOGIN PASSWORD %L', :'password')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'monitor') \\gexec
SELECT 'CREATE DATABASE monitor OWNER monitor'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'monitor') \\gexec
SQL
  psql_as postgres monitor "${quiet[@]}" <<<"$make" >&2
}
