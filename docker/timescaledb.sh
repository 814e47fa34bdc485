#!/usr/bin/env bash
# A real TimescaleDB in a folder, without Docker: Debian trixie's packages in a root of their own, entered with chroot.
# The packages cannot be loaded into an older Debian's PostgreSQL (glibc), so the whole server runs inside that root.
# Nothing is mounted; nothing is written outside the folder.
set -euo pipefail
umask 077

readonly SUITE=trixie
readonly PACKAGES=postgresql-17,postgresql-17-timescaledb
readonly BIN=/usr/lib/postgresql/17/bin
readonly HOST=127.0.0.1
readonly OWNER=65432 # the root's user postgres: a number that no Debian hands out, or it would be a service of the host
readonly LAYOUT_MB=1200 # the finished root takes a third of it; the packages lie beside it while it is made
readonly CLUSTER_MB=300 # an empty cluster with the extension in two databases
readonly READY_S=300    # replaying 2 GB of log after a kill takes minutes on a slow disk
readonly FAST_S=30
readonly ORPHANS_S=5
readonly AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --clear-groups --no-new-privs
  --inh-caps=-all --bounding-set=-all)

# As schemas/runtime/embedded.py sets its own server; below the blank line, what TimescaleDB and the chroot need.
readonly SETTINGS=(
  listen_addresses="$HOST"
  unix_socket_directories=
  shared_buffers=256MB
  max_wal_size=2GB
  wal_compression=on
  checkpoint_timeout=10min
  log_min_messages=warning
  log_timezone=Asia/Shanghai
  timezone=UTC

  shared_preload_libraries=timescaledb
  timescaledb.telemetry_level=off
  track_commit_timestamp=on
  max_locks_per_transaction=512   # every chunk and each of its indexes is a lock
  # Jobs need the other licence. Without jobs, the workers only make CREATE DATABASE … TEMPLATE fail at random (the
  # template "is being accessed by other users") and log a failing job of their own again and again.
  timescaledb.max_background_workers=0
  dynamic_shared_memory_type=sysv # posix wants /dev/shm mounted; mmap writes to the disk
  jit=off                         # the compiler (130 MB) is left out of the root; the embedded server has none either
)

usage() {
  cat <<'USAGE'
usage: docker/timescaledb.sh COMMAND FOLDER [...]     (as root)

  layout FOLDER         make FOLDER/root: Debian trixie with PostgreSQL 17 and TimescaleDB (once; about a minute)
  run FOLDER PORT [...] be the server, in the foreground, for a supervisor; SIGINT is a fast shutdown (first use: start, stop)
  start FOLDER [PORT]   run it on 127.0.0.1, on a free port if none is given or remembered; prints the URL
  url FOLDER            the URL of role and database "monitor"
  admin-url FOLDER      the URL of the superuser
  status FOLDER         exit 0: running; 3: not
  stop FOLDER           fast shutdown; after 30 s, an immediate one
  psql FOLDER [...]     psql as "monitor" (files through stdin: it runs inside the root)

FOLDER holds root/ (the database in root/data, also seen as data), secret, secret-admin, port, pid, postgres.log.
To be rid of it: stop FOLDER, then rm -rf FOLDER. TIMESCALEDB_MIRROR=URI names a Debian mirror other than the host's.
USAGE
}

say() { printf '%s\n' "timescaledb: $*" >&2; }

# One sentence on what is wrong, one on how to mend it.
die() {
  say "$1 — $2"
  exit 1
}

# ---------------------------------------------------------------- the folder

need_root() {
  [[ $(id -u) == 0 ]] || die "only root may enter a chroot" "call it again with sudo"
}

# Sets the names of everything in the folder. Absolute and without links: /proc shows such names.
use_folder() {
  FOLDER=$(realpath -m -- "$1")
  [[ $FOLDER != / ]] || die "/ cannot be the folder" "name an empty or a new folder"
  ROOT=$FOLDER/root
  DATA=$ROOT/data
  STAMP=$ROOT/.laid-out
}

need_layout() {
  [[ -e $STAMP ]] || die "$FOLDER has no TimescaleDB yet" "first call: $0 layout $FOLDER"
}

# One command at a time per folder. Children keep the lock, so a killed script's initdb is waited for; the server drops it.
lock_folder() {
  exec 9>"$FOLDER/.lock"
  flock -w 600 9 || die "another command has held $FOLDER for ten minutes" "see who: fuser -v $FOLDER/.lock"
}

# Prints the secret kept in file $1, made on first use. Plain letters only: it goes into URLs and SQL as it is.
secret() {
  local word
  if [[ ! -s $1 ]]; then
    word=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s\n' "$word" >"$1.part"
    mv -- "$1.part" "$1"
  fi
  word=$(<"$1")
  [[ $word =~ ^[0-9A-Za-z_-]+$ ]] || die "$1 is not one word of letters and digits" "put the cluster's password back into it"
  printf '%s' "$word"
}

need_space() {
  local free
  free=$(df --output=avail -BM -- "$FOLDER" | tail -n 1 | tr -dc 0-9)
  ((free >= $1)) || die "$FOLDER has $free MB free and $1 MB are needed" "make room or name a folder on another disk"
}

PARTS=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
# shellcheck source=docker/timescaledb-root.sh
. "$PARTS/timescaledb-root.sh"
# shellcheck source=docker/timescaledb-server.sh
. "$PARTS/timescaledb-server.sh"

# ---------------------------------------------------------------- commands

start() {
  need_root
  use_folder "$1"
  need_layout
  [[ ${2:-1} =~ ^[1-9][0-9]{0,4}$ && ${2:-1} -le 65535 ]] || die "$2 is not a port" "name one from 1 to 65535, or none"
  lock_folder
  if server_pid >/dev/null; then
    say "running already"
    wait_ready || die "the server ended while it was starting" "see $FOLDER/postgres.log"
    [[ -s $FOLDER/port ]] || sed -n 4p "$DATA/postmaster.pid" >"$FOLDER/port"
    [[ -z ${2:-} || $2 == $(<"$FOLDER/port") ]] || say "it keeps port $(<"$FOLDER/port"); stop it first to change it"
  else
    SECONDS=0
    init_cluster
    end_orphans
    run_server "${2:-}"
    say "ready after $SECONDS s on $HOST:$(<"$FOLDER/port"), log in $FOLDER/postgres.log"
  fi
  bootstrap || die "the role or its database could not be made" "see the message above; stop $FOLDER ends the server"
  server_pid >"$FOLDER/pid"
  url monitor
}

# Prints the URL for role $1; the superuser's database has its name too.
url() {
  local file=$FOLDER/secret
  [[ $1 != postgres ]] || file=$FOLDER/secret-admin
  [[ -s $file && -s $FOLDER/port ]] || die "$FOLDER was never started" "first call: $0 start $FOLDER"
  printf 'postgresql://%s:%s@%s:%s/%s\n' "$1" "$(secret "$file")" "$HOST" "$(<"$FOLDER/port")" "$1"
}

status() {
  local pid
  need_root
  use_folder "$1"
  if ! pid=$(server_pid); then
    printf 'not running\n'
    exit 3
  fi
  printf 'running: process %s, %s:%s\n' "$pid" "$HOST" "$(sed -n 4p "$DATA/postmaster.pid")"
}

# Sends signal $1 to the server and waits up to $2 seconds until all of its processes have gone.
end_server() {
  local pid until=$((SECONDS + $2))
  if pid=$(server_pid); then kill "-$1" "$pid" 2>/dev/null || true; fi
  while [[ -n $(server_pids) ]]; do
    ((SECONDS < until)) || return 1
    sleep 0.1
  done
}

stop() {
  need_root
  use_folder "$1"
  need_layout
  lock_folder
  if [[ -z $(server_pids) ]]; then
    say "not running"
  elif ! end_server INT "$FAST_S"; then
    say "not down after $FAST_S s; an immediate shutdown (the next start replays the log)"
    end_server QUIT "$FAST_S" || die "the server does not end" "see $FOLDER/postgres.log"
  else
    say "stopped"
  fi
  rm -f -- "$FOLDER/pid"
}

main() {
  if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    usage
    return
  elif [[ $# -lt 2 || -z $2 ]]; then
    usage >&2
    exit 2
  fi
  case $1 in
    layout | status | stop) "$1" "$2" ;;
    run) run "$2" "${@:3}" ;;
    start) start "$2" "${3:-}" ;;
    url | admin-url)
      need_root
      use_folder "$2"
      if [[ $1 == url ]]; then url monitor; else url postgres; fi
      ;;
    psql)
      need_root
      use_folder "$2"
      url monitor >/dev/null
      psql_as monitor monitor "${@:3}"
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
}

main "$@"
