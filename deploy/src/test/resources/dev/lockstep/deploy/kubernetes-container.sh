# Stands in for a container runtime, with nothing but the namespaces that any user may make:
#
#   kubernetes-container.sh ROOT MOUNTS FOLDER UID NAME COMMAND...
#
# ROOT    an empty folder, for the root file system
# MOUNTS  a file with lines "MODE FROM TO" (ro or rw; what to show where in the container) or "file FROM TO" (a copy)
# FOLDER  the working folder in the container
# UID     of the process in the container
# NAME    of the host that the container believes to be
#
# It must be the first process of new user, mount, host name and process namespaces, in which it is root. In the end the root file
# system is read-only but for the mounts "rw", and COMMAND takes this process's place with another user and without any
# capability or way to get one. There are the libraries and the Java of this machine, and no program beside them.
set -euo pipefail
root=$1 mounts=$2 folder=$3 uid=$4 name=$5
shift 5

hostname "$name"

mount -t tmpfs -o mode=755 container "$root"
mkdir -p "$root"/{proc,dev,etc,usr/bin}
for library in /usr/lib /usr/lib32 /usr/lib64 /lib /lib64; do
  [[ -d $library ]] || continue
  mkdir -p "$root$library"
  mount --rbind "$library" "$root$library"
  mount -o remount,bind,ro "$root$library"
done
cp /etc/ld.so.cache "$root/etc/"
for settings in /etc/java-*; do # Debian's Java has links to there
  [[ -d $settings ]] || continue
  mkdir -p "$root$settings"
  mount --bind "$settings" "$root$settings"
  mount -o remount,bind,ro "$root$settings"
done
for device in null zero random urandom; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t proc proc "$root/proc"

while read -r mode from to; do
  mkdir -p "$(dirname "$root$to")"
  case $mode in
    file) cp "$from" "$root$to" ;;
    link) ln -s "$from" "$root$to" ;;
    *)
      if [[ -d $from ]]; then mkdir -p "$root$to"; else touch "$root$to"; fi
      mount --bind "$from" "$root$to"
      [[ $mode == rw ]] || mount -o remount,bind,ro "$root$to"
      ;;
  esac
done <"$mounts"
mount -o remount,bind,ro "$root"

exec setpriv --no-new-privs unshare --user --map-user="$uid" --map-group="$uid" --root="$root" --wd="$folder" "$@"
