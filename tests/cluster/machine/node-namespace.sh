#!/bin/sh
# Runs a command as a node: node-namespace.sh FOLDER COMMAND..., in a mount namespace that nobody else sees.
#
# A kubelet writes sysctls and keeps its pods' logs in /var/log/pods. Here it writes to copies in FOLDER instead, and the
# machine keeps its own. What containerd and the kubelet mount ends with the last process of the node.
set -eu
folder=$1
shift
cd "$folder"
mkdir -p proc/vm proc/kernel logs/pods logs/containers

for part in vm kernel; do
    mount -t tmpfs tmpfs "proc/$part"
    for value in "/proc/sys/$part"/*; do
        [ ! -f "$value" ] || cat "$value" >"proc/$part/${value##*/}" 2>/dev/null || true
    done
done
mkdir proc/kernel/keys proc/kernel/random
cp /proc/sys/kernel/keys/* proc/kernel/keys/ 2>/dev/null || true
cp /proc/sys/kernel/random/boot_id proc/kernel/random/
for part in vm kernel; do
    mount --bind "proc/$part" "/proc/sys/$part"
done

for part in pods containers; do
    mkdir -p "/var/log/$part"
    mount --bind "logs/$part" "/var/log/$part"
done

exec "$@"
