#!/usr/bin/env bash
# Lays out a Debian with PostgreSQL and TimescaleDB in a folder; a part of timescaledb.sh, which reads it.
# shellcheck shell=bash disable=SC2154  # names of the folder are set there

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
