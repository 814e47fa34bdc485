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

# ---------------------------------------------------------------- layout

# Prints every binary source apt knows as URI <tab> suite <tab> components <tab> options, from both kinds of file.
apt_sources() {
  local list parts file
  eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
  for file in "$list" "$parts"/*.list; do
    [[ ! -f $file ]] || one_line_sources "$file"
  done
  for file in "$parts"/*.sources; do
    [[ ! -f $file ]] || deb822_sources "$file"
  done
}

one_line_sources() {
  sed -nE 's/[[:space:]]*#.*//; s/[[:space:]]+/ /g; s/^ ?deb (\[([^]]*)\] )?([^ ]+) ([^ ]+) ?(.*)$/\3\t\4\t\5\t\2/p' "$1"
}

deb822_sources() {
  awk '
    function flush(   u, s, nu, ns, i, j, options) {
      if ((" " f["types"] " ") ~ / deb / && tolower(f["enabled"]) !~ /^ *(no|false|off|0)/) {
        # A key written into the file itself cannot be passed on in a line: the archive'\''s own keyring stands in for it.
        if (f["signed-by"] ~ /BEGIN PGP/) f["signed-by"] = "/usr/share/keyrings/debian-archive-keyring.gpg"
        if (f["signed-by"] != "") { gsub(/^ +| +$/, "", f["signed-by"]); gsub(/ +/, ",", f["signed-by"])
          options = "signed-by=" f["signed-by"] }
        if (f["trusted"] != "") options = options " trusted=" f["trusted"]
        if (f["check-valid-until"] != "") options = options " check-valid-until=" f["check-valid-until"]
        nu = split(f["uris"], u, " "); ns = split(f["suites"], s, " ")
        for (i = 1; i <= nu; i++) for (j = 1; j <= ns; j++)
          printf "%s\t%s\t%s\t%s\n", u[i], s[j], f["components"], options
      }
      delete f
    }
    /^#/ { next }
    /^[ \t]*$/ { flush(); next }
    /^[ \t]/ { gsub(/[ \t]+/, " "); f[field] = f[field] $0; next }
    { field = tolower($0); sub(/[ \t]*:.*/, "", field); sub(/^[^:]*:[ \t]*/, ""); gsub(/[ \t]+/, " "); f[field] = $0 }
    END { flush() }' "$1"
}

# Prints the host's own Debian sources as lines for trixie, without doubles. Third parties have keyrings of their own.
trixie_sources() {
  local uri suite components options kept word target
  if [[ -n ${TIMESCALEDB_MIRROR:-} ]]; then
    printf 'deb %s %s main\n' "$TIMESCALEDB_MIRROR" "$SUITE"
    return
  fi
  while IFS=$'\t' read -r uri suite components options; do
    [[ " $components " == *" main "* && $uri != cdrom:* ]] || continue
    [[ $options != *signed-by=* || $options == *signed-by=*debian-archive* ]] || continue
    case $suite in
      "$(host_suite)" | "$SUITE" | oldstable | stable | testing | sid | unstable) target=$SUITE ;;
      *-proposed-updates) continue ;;
      *-updates) target=$SUITE-updates ;;
      *-security | */updates) target=$SUITE-security ;;
      *) continue ;;
    esac
    kept=
    for word in $options; do
      [[ $word != signed-by=* && $word != trusted=* && $word != check-valid-until=* ]] || kept+=" $word"
    done
    printf 'deb %s%s %s main\n' "${kept:+[${kept# }] }" "$uri" "$target"
  done < <(apt_sources) | awk '!seen[$0]++'
}

# shellcheck disable=SC1091  # the host's own file
host_suite() { (. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}"); }

# The host's way to its mirror (proxies, time-outs, certificates, accounts), for the apt that fills the root.
apt_options() {
  local netrc netrcparts
  apt-config dump | grep -E '^Acquire::' | grep -vE '^Acquire::(IndexTargets|Changelogs|CompressionTypes|cdrom|Languages)' || true
  eval "$(apt-config shell netrc Dir::Etc::netrc/f netrcparts Dir::Etc::netrcparts/d)"
  [[ ! -e ${netrc:-} ]] || printf 'Dir::Etc::netrc "%s";\n' "$netrc"
  [[ ! -d ${netrcparts:-} ]] || printf 'Dir::Etc::netrcparts "%s";\n' "$netrcparts"
  # apt's own user cannot reach a private folder. The packages are checked by signature either way.
  printf '%s\n' 'APT::Sandbox::User "root";' 'Acquire::Languages "none";'
}

need_mmdebstrap() {
  command -v mmdebstrap >/dev/null && return
  [[ ${CI:-} == true ]] || die "mmdebstrap is missing" "apt-get install mmdebstrap"
  say "installing mmdebstrap"
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends mmdebstrap; } >&2 ||
    die "mmdebstrap cannot be installed" "see apt's message above"
}

# Device files and programs must work where the root lies.
need_plain_disk() {
  local options
  options=$(findmnt -nro OPTIONS -T "$FOLDER" || true)
  [[ ! $options =~ (^|,)(nodev|noexec|ro)(,|$) ]] ||
    die "$FOLDER lies on a disk mounted ${BASH_REMATCH[2]}" "name a folder on another disk, such as /var/lib/timescaledb"
}

layout() {
  need_root
  use_folder "$1"
  if [[ -e $STAMP ]]; then
    say "$ROOT is laid out already ($(<"$STAMP"))"
    return
  fi
  mkdir -p -- "$FOLDER"
  lock_folder
  [[ ! -e $STAMP ]] || return 0 # another command has just finished it
  need_mmdebstrap
  need_plain_disk
  need_space "$LAYOUT_MB"
  # The root is renamed into place when it is whole, so one without a stamp is not of this script's making.
  [[ ! -e $ROOT ]] || die "$ROOT was not made by this script" "name another folder or remove it"
  local sources
  sources=$(trixie_sources)
  [[ $sources == *" $SUITE main"* ]] ||
    die "apt knows no Debian mirror here" "add one to /etc/apt/sources.list or set TIMESCALEDB_MIRROR=URI"
  say "making $ROOT: Debian $SUITE with $PACKAGES"
  SECONDS=0
  rm -rf --one-file-system -- "$ROOT.part"
  if ! make_root "$ROOT.part" "$sources"; then
    rm -rf --one-file-system -- "$ROOT.part"
    die "the root could not be made" "see the messages above (no way to the mirror? apt-get update tells) and call it again"
  fi
  shut_root "$ROOT.part"
  printf '%s\n' "TimescaleDB $(package_version "$ROOT.part")" >"$ROOT.part/.laid-out"
  mv -- "$ROOT.part" "$ROOT"
  say "laid out in $SECONDS s: $(<"$STAMP"), $(du -smx -- "$ROOT" | cut -f1) MB"
}

# "essential" brings no apt; the documents' copyright files stay, as their licences ask. The compiler libLLVM goes.
# shellcheck disable=SC2016  # mmdebstrap's own $1
make_root() {
  local options=$FOLDER/.apt-options status=0
  apt_options >"$options"
  printf '%s\n' "$2" | (umask 022; cd / && mmdebstrap --mode=root --format=directory --variant=essential \
    --include="$PACKAGES" --aptopt="$options" \
    --dpkgopt=path-exclude='/usr/share/doc/*' --dpkgopt=path-include='/usr/share/doc/*/copyright' \
    --dpkgopt=path-exclude='/usr/share/man/*' --dpkgopt=path-exclude='/usr/share/info/*' \
    --dpkgopt=path-exclude='/usr/share/locale/*' --dpkgopt=path-exclude='/usr/lib/*/libLLVM*' \
    --dpkgopt=path-exclude='/usr/lib/postgresql/*/lib/bitcode/*' --dpkgopt=path-exclude='/usr/lib/postgresql/*/lib/llvmjit*' \
    --essential-hook='mkdir -p "$1/etc/postgresql-common/createcluster.d"' \
    --essential-hook='echo create_main_cluster=false >"$1/etc/postgresql-common/createcluster.d/none.conf"' \
    --customize-hook='chroot "$1" usermod --uid '"$OWNER"' postgres && chroot "$1" groupmod --gid '"$OWNER"' postgres' \
    "$SUITE" "$1" - >&2) || status=$?
  rm -f -- "$options"
  return "$status"
}

# Nothing of the way to the mirror stays in the root, nor what only a package manager reads.
shut_root() {
  rm -rf -- "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap \
    "$1"/etc/resolv.conf "$1"/var/lib/apt/* "$1"/var/cache/* "$1"/var/log/*
  chmod 755 -- "$1"
}

# shellcheck disable=SC2016  # dpkg's own variable
package_version() { chroot "$1" dpkg-query -W -f '${Version}' postgresql-17-timescaledb; }

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
