#!/usr/bin/env bash
# Checks exported models with programs that are not ours: onnxruntime runs them, the onnx package looks them over.
# usage: check.sh FOLDER, which tests filled that ran with GRAFT_ONNX=FOLDER. Prints "passed", "failed" or "skipped" at the start of a line for each program.
# What it needs it installs: onnxruntime-node into GRAFT_ONNX_CACHE (at first ~/.cache/graft-onnx-check), python3-onnx where it may. Without a network that is skipped.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "$1" && pwd) || exit 1
cache=${GRAFT_ONNX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/graft-onnx-check}
failed=0

install_node() {
  command -v node >/dev/null && command -v npm >/dev/null || { echo "no node or no npm"; return 1; }
  mkdir -p "$cache" || { echo "cannot write $cache"; return 1; }
  if ! cmp -s "$here/package-lock.json" "$cache/package-lock.json" || [ ! -d "$cache/node_modules/onnxruntime-node" ]; then
    rm -f "$cache/package-lock.json"
    cp "$here/package.json" "$cache/" && cp "$here/package-lock.json" "$cache/lock.json" || return 1
    (cd "$cache" && cp lock.json package-lock.json && timeout 300 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || { rm -f "$cache/package-lock.json"; echo "onnxruntime-node cannot be installed"; return 1; }
  fi
  cp "$here/run.mjs" "$cache/"
}

install_python() {
  [ -x /usr/bin/python3 ] || { echo "no /usr/bin/python3"; return 1; }
  /usr/bin/python3 -c "import onnx" 2>/dev/null && return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "no onnx package for /usr/bin/python3"; return 1; }
  export DEBIAN_FRONTEND=noninteractive
  { timeout 300 apt-get install -y --no-install-recommends python3-onnx || { timeout 120 apt-get update && timeout 300 apt-get install -y --no-install-recommends python3-onnx; }; } >/dev/null 2>&1
  /usr/bin/python3 -c "import onnx" 2>/dev/null || { echo "python3-onnx cannot be installed"; return 1; }
}

# The name of a check, what installs its program, and the command.
check() {
  local name=$1 install=$2 reason
  shift 2
  if reason=$($install); then
    if "$@"; then echo "passed $name"; else echo "failed $name"; failed=1; fi
  else
    echo "skipped $name: $reason"
  fi
}

check onnxruntime install_node node "$cache/run.mjs" "$folder"
check onnx.checker install_python /usr/bin/python3 "$here/check.py" "$folder"
exit $failed
